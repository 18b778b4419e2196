import {
  type EpochResult,
  modelWeights,
  renamed,
  rollbackOf,
  sessionState,
  type TrainingPosition,
} from './checkpoint.js';
import { CheckpointWriter, type HeldStates } from './checkpoint-writer.js';
import { divergenceOf, guessingLoss } from './divergence.js';
import type { StepPlan, StepStats } from './engine.js';
import { type Evaluation, evaluateResults, summarize } from './evaluation.js';
import { firstPosition, NO_STEPS } from './first-position.js';
import { withWeightsOf } from './fork.js';
import { initialState } from './initializers.js';
import { Interrupted } from './interrupted.js';
import { createJudge, type Judge } from './judge.js';
import { LimitWatch } from './limit-watch.js';
import { nonFiniteEvaluation, nonFiniteStep, nonFiniteValidation, type TrainingFailure } from './outcome.js';
import { createPace } from './pace.js';
import { progressOf } from './progress.js';
import { hasDiverged, isRangeTest, withLoss } from './range-test.js';
import { afterEpoch } from './selection.js';
import { type RunSplits, runSplits } from './splits.js';
import type { StagedSession } from './stage-sessions.js';
import { createStepPlanner, type StepPlanner } from './step-plan.js';
import type { TrainingRun } from './training-run.js';

/** A run in progress: the session and everything that changes beside it. The order of work is in trainer.ts. */
export class Training {
  position: TrainingPosition;
  private readonly splits: RunSplits;
  private readonly planner: StepPlanner;
  private readonly judge: Judge;
  private readonly checkpoints: CheckpointWriter;
  private readonly pace = createPace();
  private held: HeldStates = { best: new Map(), rollback: null };
  private validationMs = 0;
  private readonly limits: LimitWatch;
  /** Loss of a network that has learned nothing. */
  private readonly guess: number;

  constructor(
    readonly run: TrainingRun,
    private readonly session: StagedSession,
  ) {
    const { recipe, program, data, resume } = run;
    this.limits = new LimitWatch(run);
    this.guess = guessingLoss(program.loss, program.classes);
    this.splits = runSplits(data, recipe);
    this.planner = createStepPlanner(recipe, program, this.splits.train);
    this.judge = createJudge(run, session, this.planner);
    this.position = resume?.metadata.position ?? firstPosition(run);
    this.checkpoints = new CheckpointWriter(run, this.position);
  }

  /** Gives the session its first state. */
  async start(): Promise<void> {
    const { resume, fork, program, recipe, data } = this.run;
    const from = resume ?? (fork?.keep === 'state' ? fork.checkpoint : null);
    if (from) {
      const best = renamed(from.tensors, 'best', 'model');
      this.held.best = best.size > 0 ? best : modelWeights(from.tensors);
      if (!resume && this.position.best) this.checkpoints.chooseBest(this.position, this.held.best);
      await this.session.restore(sessionState(from.tensors));
    } else {
      const first = initialState(program, recipe.seed, { data, indices: this.splits.train });
      await this.session.restore(fork ? withWeightsOf(fork.checkpoint, first) : first);
    }
    if (this.position.recovery === null) return;
    const earlier = rollbackOf(from?.tensors ?? new Map());
    // Read back: what the engine makes of the state, optimizer slots included, is what a return gives it again.
    this.held.rollback = earlier.size > 0 ? earlier : await this.session.state();
  }

  /** Steps to the end of the epoch, of a range test or of a limit, in engine calls of about equal time. Throws Interrupted at a step boundary. */
  async trainEpoch(): Promise<TrainingFailure | null> {
    await this.run.report({ type: 'phase', phase: 'training' });
    const epochEnd = (this.position.epoch + 1) * this.planner.stepsPerEpoch;
    for (;;) {
      const end = Math.min(epochEnd, this.lastStep());
      if (this.position.step >= end || hasDiverged(this.position.rangeTest)) return null;
      const { signal, stopAtStep = Number.POSITIVE_INFINITY } = this.run;
      const left = Math.min(end, stopAtStep) - this.position.step;
      if (signal.aborted || left <= 0) throw new Interrupted();
      const failure = await this.trainSteps(Math.min(left, this.mostSteps()));
      if (failure !== null) return failure;
      if (this.limitReached() !== null) return null;
      const { step } = this.position;
      if (step < end && this.checkpoints.pace.isDue(step)) await this.saveLast();
    }
  }

  /** Whether all steps are done; an epoch that a limit cuts short counts as one, but not for this. */
  get isComplete(): boolean {
    return this.position.step >= this.planner.totalSteps;
  }

  /** The limit that ends the training, if one does. */
  limitReached(): ReturnType<LimitWatch['reached']> {
    return this.limits.reached(this.position.step);
  }

  /** Validation, the choice of the best, checkpoints. Throws Interrupted when validation did not end. */
  async endEpoch(): Promise<TrainingFailure | null> {
    const { report, clock, recipe } = this.run;
    await report({ type: 'phase', phase: 'validating' });
    const since = clock();
    const state = await this.session.state();
    const { results, labels, weights } = await this.judge.validate(
      this.splits.validation,
      state,
      this.position,
    );
    this.validationMs = clock() - since;
    const { loss, accuracy } = summarize(results, labels);
    if (!Number.isFinite(loss)) return nonFiniteValidation(this.position.step, loss);
    const { partial, step, epoch } = this.position;
    const result: EpochResult = {
      epoch: epoch + 1,
      step,
      validationLoss: loss,
      validationAccuracy: accuracy,
    };
    const trained = {
      trainLoss: partial.lossSum / partial.samples,
      trainAccuracy: partial.correct / partial.samples,
    };
    const schedule = this.planner.observe(this.position.schedule, { ...result, ...trained });
    this.position = { ...afterEpoch(this.position, result, recipe.earlyStopping), schedule };
    const best = this.position.best === result;
    this.held = {
      best: best ? weights : this.held.best,
      rollback: this.position.recovery === null ? null : state,
    };
    if (best) this.checkpoints.chooseBest(this.position, weights);
    const { ms, imagesPerSecond } = this.pace.lap();
    await report({
      type: 'epoch',
      ...result,
      ...trained,
      best,
      divergence: divergenceOf({ ...result, ...trained }, this.guess),
      seconds: (ms + this.validationMs) / 1000,
      imagesPerSecond,
    });
    const { pace } = this.checkpoints;
    if (pace.isDueAtEpochEnd() || pace.isDue(step)) await this.saveLast(async () => state);
    return null;
  }

  /** Goes back to the beginning of the epoch after a failure, where the recipe lets it do so once more. */
  async rollBack(failure: TrainingFailure): Promise<boolean> {
    const policy = this.run.recipe.recovery.nonFinite;
    const { recovery } = this.position;
    if (!policy || !recovery || !this.held.rollback || recovery.rollbacks >= policy.rollbacks) return false;
    await this.session.restore(this.held.rollback);
    const rollbacks = recovery.rollbacks + 1;
    const step = recovery.from;
    this.position = { ...this.position, step, partial: NO_STEPS, recovery: { ...recovery, rollbacks } };
    await this.run.report({
      type: 'rollback',
      step,
      failure,
      rollbacks,
      maxRollbacks: policy.rollbacks,
      learningRateFactor: this.rateFactor(),
    });
    return true;
  }

  /** Loads the best weights and judges them on the test split, or on validation where there is none. */
  async evaluateBest(): Promise<Evaluation | TrainingFailure> {
    const { report, clock, recipe, data } = this.run;
    await report({ type: 'phase', phase: 'evaluating' });
    const since = clock();
    await this.session.restore(this.held.best);
    const view = this.splits.final;
    const { results, labels } = await this.judge.evaluate(view, recipe.topK);
    const testTimeAugmentation = await this.judge.evaluateTestTime(view, labels);
    const plain = evaluateResults(view.split, results, labels, data.classes);
    const evaluation = { ...plain, testTimeAugmentation };
    const failure = nonFiniteEvaluation(this.position.step, evaluation);
    if (failure !== null) return failure;
    await report({ type: 'evaluation', evaluation, seconds: (clock() - since) / 1000, results, labels });
    return evaluation;
  }

  /** Writes what no checkpoint has yet. */
  async saveRest(): Promise<void> {
    if (this.checkpoints.isSaved(this.position)) await this.saveBest();
    else await this.saveLast();
  }

  /** The best weights, which are in memory whatever became of the session. */
  async saveBest(): Promise<void> {
    await this.checkpoints.saveBest();
  }

  /** As `saveRest`, after a non-finite step, whose forward pass may have spoilt running statistics. */
  async saveIfFinite(): Promise<void> {
    await this.saveBest();
    if (this.checkpoints.isSaved(this.position)) return;
    const state = await this.session.state();
    const finite = [...state.values()].every(({ data }) => data.every(Number.isFinite));
    if (finite) await this.saveLast(async () => state);
  }

  private saveLast(state = () => this.session.state()): Promise<void> {
    return this.checkpoints.saveLast(this.position, state, this.held);
  }

  /** Of the next engine call, whose results do not depend on it. */
  private mostSteps(): number {
    const { step } = this.position;
    // An epoch that was cut short by time is finished together with the next one, but a plan holds one epoch's order.
    const inOrder = this.planner.stepsPerEpoch - (step % this.planner.stepsPerEpoch);
    // A range test looks at each loss before it takes another step.
    if (isRangeTest(this.run.recipe.schedule)) return 1;
    const toCheckpoint = this.checkpoints.pace.stepsToNext(step, this.pace.msPerStep());
    return Math.min(inOrder, toCheckpoint, this.pace.chunk());
  }

  private lastStep(): number {
    return Math.min(this.planner.totalSteps, this.limits.maxSteps());
  }

  /** What learning rates are multiplied by after returns to the beginning of an epoch. */
  private rateFactor(): number {
    const policy = this.run.recipe.recovery.nonFinite;
    return policy ? policy.learningRateFactor ** (this.position.recovery?.rollbacks ?? 0) : 1;
  }

  private plan(steps: number): StepPlan {
    const { step, schedule } = this.position;
    const plan = this.planner.plan(step, steps, schedule);
    const factor = this.rateFactor();
    return factor === 1 ? plan : { ...plan, learningRates: plan.learningRates.map((rate) => rate * factor) };
  }

  /** One call of the engine. */
  private async trainSteps(steps: number): Promise<TrainingFailure | null> {
    const { clock, signal, report } = this.run;
    const firstStep = this.position.step;
    const plan = this.plan(steps);
    await this.session.prepare(firstStep);
    const since = clock();
    const stats = await this.session.train(plan, { signal });
    const done = stats.losses.length;
    const applied = done - (stats.nonFinite ? 1 : 0);
    this.advance(plan, stats, applied);
    this.pace.took(applied, plan.offsets[applied] as number, clock() - since);
    if (done > 0)
      await report({
        type: 'steps',
        firstStep: firstStep + 1,
        losses: [...stats.losses],
        learningRates: [...plan.learningRates.subarray(0, done)],
        gradientNorms: [...stats.gradientNorms],
      });
    if (stats.nonFinite) return nonFiniteStep(stats, plan.learningRates, firstStep);
    if (applied > 0) await this.reportProgress(plan, stats, applied - 1);
    return null;
  }

  /** Counts the applied steps in. */
  private advance(plan: StepPlan, stats: StepStats, applied: number): void {
    let { samples, lossSum, correct } = this.position.partial;
    let { rangeTest } = this.position;
    const isTest = isRangeTest(this.run.recipe.schedule);
    for (let i = 0; i < applied; i++) {
      const size = (plan.offsets[i + 1] as number) - (plan.offsets[i] as number);
      samples += size;
      lossSum += (stats.losses[i] as number) * size;
      correct += stats.correct[i] as number;
      if (isTest) rangeTest = withLoss(rangeTest, stats.losses[i] as number);
    }
    this.position = {
      ...this.position,
      step: plan.firstStep + applied,
      partial: { samples, lossSum, correct },
      rangeTest,
    };
  }

  private async reportProgress(plan: StepPlan, stats: StepStats, last: number): Promise<void> {
    const progress = progressOf({
      position: this.position,
      epochs: this.run.recipe.epochs,
      stepsPerEpoch: this.planner.stepsPerEpoch,
      lastStep: this.lastStep(),
      pace: this.pace,
      validationMs: this.validationMs,
      leftMs: this.limits.leftMs(),
      loss: stats.losses[last] as number,
      learningRate: plan.learningRates[last] as number,
    });
    await this.run.report({ type: 'progress', progress });
  }
}
