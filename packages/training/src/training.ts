import {
  type CheckpointMetadata,
  type EpochResult,
  encodeCheckpoint,
  modelWeights,
  renamed,
  type TrainingPosition,
} from './checkpoint.js';
import type { StateDict, StepPlan, StepStats } from './engine.js';
import { type Evaluation, evaluateResults, summarize } from './evaluation.js';
import { forkedPosition, withWeightsOf } from './fork.js';
import { hashOf } from './hash.js';
import { initialState } from './initializers.js';
import { Interrupted } from './interrupted.js';
import { createJudge, type Judge } from './judge.js';
import { judgedWeights } from './judged-weights.js';
import { nonFiniteStep, nonFiniteValidation, type TrainingFailure } from './outcome.js';
import { createPace } from './pace.js';
import { hasDiverged, isRangeTest, NO_LOSSES, withLoss } from './range-test.js';
import { afterEpoch } from './selection.js';
import { type RunSplits, runSplits } from './splits.js';
import type { StagedSession } from './stage-sessions.js';
import { createStepPlanner, type StepPlanner } from './step-plan.js';
import type { TrainingRun } from './training-run.js';

const START: TrainingPosition = {
  step: 0,
  epoch: 0,
  partial: { samples: 0, lossSum: 0, correct: 0 },
  best: null,
  staleEpochs: 0,
  schedule: {},
  rangeTest: NO_LOSSES,
};

/** A run in progress: the session and everything that changes beside it. The order of work is in trainer.ts. */
export class Training {
  position: TrainingPosition;
  private readonly recipeHash: string;
  private readonly splits: RunSplits;
  private readonly planner: StepPlanner;
  private readonly judge: Judge;
  private readonly pace = createPace();
  private bestWeights: StateDict = new Map();
  private savedStep: number;
  private validationMs = 0;
  private readonly began: number;

  constructor(
    readonly run: TrainingRun,
    private readonly session: StagedSession,
  ) {
    const { recipe, program, data, resume, fork } = run;
    this.began = run.clock();
    this.recipeHash = hashOf(recipe);
    this.splits = runSplits(data, recipe);
    this.planner = createStepPlanner(recipe, program, this.splits.train);
    this.judge = createJudge(run, session, this.planner);
    this.position = resume?.metadata.position ?? (fork && forkedPosition(fork)) ?? START;
    this.savedStep = this.position.step;
  }

  /** Gives the session its first state. */
  async start(): Promise<void> {
    const { resume, fork, program, recipe, data } = this.run;
    const from = resume ?? (fork?.keep === 'state' ? fork.checkpoint : null);
    if (from === null) {
      const first = initialState(program, recipe.seed, { data, indices: this.splits.train });
      await this.session.restore(fork ? withWeightsOf(fork.checkpoint, first) : first);
      return;
    }
    const best = renamed(from.tensors, 'best', 'model');
    this.bestWeights = best.size > 0 ? best : modelWeights(from.tensors);
    await this.session.restore(new Map([...from.tensors].filter(([name]) => !name.startsWith('best.'))));
  }

  /** Steps to the end of the epoch, of a range test or of the time, in engine calls of about equal time. Throws Interrupted at a step boundary. */
  async trainEpoch(): Promise<TrainingFailure | null> {
    await this.run.report({ type: 'phase', phase: 'training' });
    const end = (this.position.epoch + 1) * this.planner.stepsPerEpoch;
    while (this.position.step < end && !hasDiverged(this.position.rangeTest)) {
      const { signal, stopAtStep = Number.POSITIVE_INFINITY } = this.run;
      const left = Math.min(end, stopAtStep) - this.position.step;
      if (signal.aborted || left <= 0) throw new Interrupted();
      // An epoch that was cut short by time is finished together with the next one, but a plan holds one epoch's order.
      const inOrder = this.planner.stepsPerEpoch - (this.position.step % this.planner.stepsPerEpoch);
      const failure = await this.trainSteps(Math.min(left, inOrder, this.chunk()));
      if (failure !== null) return failure;
      if (this.isOutOfTime()) return null;
    }
    return null;
  }

  /** A range test looks at each loss before it takes another step. */
  private chunk(): number {
    return isRangeTest(this.run.recipe.schedule) ? 1 : this.pace.chunk();
  }

  isOutOfTime(): boolean {
    const { clock, timeLimitMs } = this.run;
    return typeof timeLimitMs === 'number' && clock() - this.began >= timeLimitMs;
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
    if (best) this.bestWeights = weights;
    const { ms, imagesPerSecond } = this.pace.lap();
    await report({
      type: 'epoch',
      ...result,
      ...trained,
      best,
      seconds: (ms + this.validationMs) / 1000,
      imagesPerSecond,
    });
    if (best) await this.save('best', this.bestWeights);
    await this.saveLast(state);
    return null;
  }

  /** Loads the best weights and judges them on the test split, or on validation where there is none. */
  async evaluateBest(): Promise<Evaluation> {
    const { report, clock, recipe, data } = this.run;
    await report({ type: 'phase', phase: 'evaluating' });
    const since = clock();
    await this.session.restore(this.bestWeights);
    const view = this.splits.final;
    const { results, labels } = await this.judge.evaluate(view, recipe.topK);
    const testTimeAugmentation = await this.judge.evaluateTestTime(view, labels);
    const plain = evaluateResults(view.split, results, labels, data.classes);
    const evaluation = { ...plain, testTimeAugmentation };
    await report({ type: 'evaluation', evaluation, seconds: (clock() - since) / 1000, results, labels });
    return evaluation;
  }

  /** A checkpoint of the current step, unless the last one was taken there. */
  async saveIfMoved(): Promise<void> {
    if (this.savedStep !== this.position.step) await this.saveLast(await this.session.state());
  }

  /** The same after a non-finite step, whose forward pass may have spoilt running statistics. */
  async saveIfFinite(): Promise<void> {
    if (this.savedStep === this.position.step) return;
    const state = await this.session.state();
    const finite = [...state.values()].every(({ data }) => data.every(Number.isFinite));
    if (finite) await this.saveLast(state);
  }

  /** One call of the engine. */
  private async trainSteps(steps: number): Promise<TrainingFailure | null> {
    const { clock, signal, report } = this.run;
    const firstStep = this.position.step;
    const plan = this.planner.plan(firstStep, steps, this.position.schedule);
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
    if (applied > 0)
      await this.reportProgress(
        stats.losses[applied - 1] as number,
        plan.learningRates[applied - 1] as number,
      );
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

  private async reportProgress(loss: number, learningRate: number): Promise<void> {
    const { step, epoch, latest } = { ...this.position, latest: this.pace.msPerStep() };
    const { epochs } = this.run.recipe;
    const { totalSteps } = this.planner;
    const left = latest === null ? null : (totalSteps - step) * latest + (epochs - epoch) * this.validationMs;
    await this.run.report({
      type: 'progress',
      progress: {
        epoch: epoch + 1,
        epochs,
        step,
        totalSteps,
        loss,
        learningRate,
        imagesPerSecond: this.pace.imagesPerSecond(),
        etaSeconds: left === null ? null : left / 1000,
      },
    });
  }

  /** Everything to go on from; the best weights are added where they are not the current ones. */
  private async saveLast(state: StateDict): Promise<void> {
    const { best, step } = this.position;
    const { recipe, program } = this.run;
    const isCurrent = best?.step === step && judgedWeights(recipe, program, step) === null;
    const other: StateDict = best && !isCurrent ? renamed(this.bestWeights, 'model', 'best') : new Map();
    await this.save('last', new Map([...state, ...other]));
    this.savedStep = step;
  }

  private async save(role: CheckpointMetadata['role'], tensors: StateDict): Promise<void> {
    const { engine, program, report } = this.run;
    const metadata: CheckpointMetadata = {
      format: 'ravine-checkpoint-1',
      role,
      recipeHash: this.recipeHash,
      engine: engine.name,
      precision: program.precision,
      position: this.position,
    };
    await report({ type: 'checkpoint', metadata, bytes: encodeCheckpoint({ metadata, tensors }) });
  }
}
