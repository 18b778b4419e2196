import { modelWeights, type TrainingPosition } from './checkpoint.js';
import type { SampleResults, Session, SplitView, StateDict } from './engine.js';
import { summarize, type TestTimeResult, topShares } from './evaluation.js';
import { Interrupted } from './interrupted.js';
import { judgedWeights } from './judged-weights.js';
import { labelsOf } from './splits.js';
import type { StepPlanner } from './step-plan.js';
import { evaluateViews } from './test-time/evaluate.js';
import { testTimeViews } from './test-time/index.js';
import type { TrainingRun } from './training-run.js';

/** Smallest batch of an evaluation, which needs no memory for gradients. */
const EVALUATION_BATCH = 64;

/** Batches whose statistics are taken anew; of running means with momentum 0.1 the last 50 are all that is left. */
const STATISTICS_STEPS = 100;

export interface Judged {
  results: SampleResults;
  labels: Uint16Array;
}

/** What a run knows of how good its weights are. Everything throws Interrupted where the signal ends it. */
export interface Judge {
  evaluate(view: SplitView, topK: number): Promise<Judged>;
  evaluateTestTime(view: SplitView, labels: Uint16Array): Promise<TestTimeResult | null>;
  /**
   * The same with the weights that the run is judged by at this position (`judgedWeights`), which come back as `model.…`.
   * `state` is that of the session, which has it again afterwards.
   */
  validate(
    view: SplitView,
    state: StateDict,
    position: TrainingPosition,
  ): Promise<Judged & { weights: StateDict }>;
}

export function createJudge(run: TrainingRun, session: Session, planner: StepPlanner): Judge {
  const { signal, recipe, program, data } = run;
  const fast = Math.max(recipe.batchSize, EVALUATION_BATCH);
  const batchSize = Math.min(fast, run.evaluationBatch ?? fast);

  /** What an engine throws when the signal is aborted means that the run is interrupted. */
  const unlessAborted = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (signal.aborted) throw new Interrupted();
      throw error;
    }
  };

  const evaluate: Judge['evaluate'] = async (view, topK) => {
    const labels = labelsOf(data, view);
    const results = await unlessAborted(session.evaluate(view, { topK, batchSize, signal }));
    if (results.count === labels.length) return { results, labels };
    if (signal.aborted) throw new Interrupted();
    throw new Error(`the engine evaluated ${results.count} of ${labels.length} samples`);
  };

  /** Running statistics of the session's weights, from the last training batches of the epoch that ends at `step`. */
  const takeStatistics = async (step: number): Promise<void> => {
    const begin = Math.floor((step - 1) / planner.stepsPerEpoch) * planner.stepsPerEpoch;
    const first = Math.max(begin, step - STATISTICS_STEPS);
    const plan = { ...planner.plan(first, step - first), statisticsOnly: true };
    const { steps } = await unlessAborted(session.train(plan, { signal }));
    if (steps < step - first && signal.aborted) throw new Interrupted();
  };

  return {
    evaluate,
    validate: async (view, state, { step }) => {
      const judged = judgedWeights(recipe, program, step);
      if (judged === null) return { ...(await evaluate(view, 1)), weights: modelWeights(state) };
      try {
        const restored = judged.of(state);
        await session.restore(restored);
        const anew = judged.withoutStatistics && program.buffers.length > 0;
        if (anew) await takeStatistics(step);
        const weights = modelWeights(anew ? await session.state() : restored);
        return { ...(await evaluate(view, 1)), weights };
      } finally {
        await session.restore(state);
      }
    },
    evaluateTestTime: async (view, labels) => {
      const { testTimeAugmentation: options, augmentation, seed, topK } = recipe;
      if (options === null) return null;
      const { kind, average } = options;
      const views = testTimeViews(options, { ...program.input, augmentation, seed });
      const { classes, loss } = program;
      const more = { average, classes, loss, topK, batchSize, signal };
      const results = await unlessAborted(evaluateViews(session, view, labels, { views, ...more }));
      return { kind, views: views.length, ...summarize(results, labels), topK: topShares(results, labels) };
    },
  };
}
