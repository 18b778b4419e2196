import { z } from 'zod';
import { Duration } from '../duration.js';
import type { FamilyEntry } from '../family.js';

/** What a schedule that depends on results remembers of them: a few numbers, by names of its own. */
export type SegmentState = Record<string, number>;

/** The results of an epoch, as far as a schedule may depend on them. */
export interface EpochObservation {
  /** Steps done at its end. */
  step: number;
  trainLoss: number;
  trainAccuracy: number;
  validationLoss: number;
  validationAccuracy: number;
}

/** Where a segment is asked for its factor. */
export interface SegmentPosition {
  /** Factor at which the segment before ended; 1 for the first segment. */
  start: number;
  /** Steps since the segment began, 0 … steps; `steps` itself asks where the next segment starts. */
  step: number;
  /** Length of the segment. */
  steps: number;
  /** What `observe` made of the epochs so far; empty before the first. */
  state: SegmentState;
  /** Curves of the segments in `options.of`, each from level 1; empty where there is no such option. */
  inner: readonly ((step: number) => number)[];
}

/** One shape of the learning-rate curve. Factors are relative to the recipe's learningRate. */
export interface ScheduleDefinition<Kind extends string, Options> extends FamilyEntry<Kind> {
  options: z.ZodType<Options>;
  /** Options, beside `for`, that are a Duration or a list of them; `factor` gets them in steps. */
  durations: readonly (keyof Options & string)[];
  /** Whether the shape is fitted to the length of the segment, so that a run that ends sooner misses its end. */
  spans: boolean;
  /** Pure. */
  factor(options: Options, at: SegmentPosition): number;
  /** Present where the shape may set the momentum as well: that of the step, null where the options leave it alone. Pure. */
  momentum?(options: Options, at: SegmentPosition): number | null;
  /** Present where the curve depends on results: the state after an epoch that ended within the segment. */
  observe?(options: Options, state: SegmentState, result: EpochObservation): SegmentState;
}

/** Every segment may say how long it lasts; all but the last must. */
export const length = {
  for: Duration.optional().describe(
    'How long the segment lasts. All but the last must say it; the last one runs to the end, and where it says it, its final value is held after that',
  ),
};

/** A learning rate relative to the recipe's learningRate. */
export const rateFactor = z.number().min(0).max(1000, 'at most 1000 times the learning rate');

// Not 0: gradient descent and RMSProp then keep no velocity that a later step could go on from.
const momentumLevel = z.number().positive().lt(1, 'less than 1: the velocity would grow without bound');

/** The momentum of a cycle: `high` where the rate is low, `low` where it is at its full height. */
export const counterCycle = z
  .strictObject({
    high: momentumLevel.default(0.95).describe('Momentum at the lowest rate'),
    low: momentumLevel.default(0.85).describe('Momentum at the highest rate'),
  })
  .refine((o) => o.low <= o.high, { path: ['low'], message: 'at most `high`: it goes against the rate' })
  .nullable()
  .default(null)
  .describe(
    "Cycles the momentum (β₁ of Adam and its kin) against the rate, in place of the optimizer's own; null leaves that alone",
  );

/** The level that a decay begins at. */
export const from = rateFactor
  .optional()
  .describe('Level of the first step; default where the segment before ended');

/** The level that a decay ends at. */
export const to = rateFactor
  .default(0)
  .describe('Level at the end of the segment, reached one step after its last');

/** What a decay multiplies by. */
export const decayFactor = z.number().positive().lt(1, 'less than 1: it is a decay');

/** Half a cosine from 1 at share 0 to 0 at share 1. */
export const halfCosine = (share: number): number => 0.5 * (1 + Math.cos(Math.PI * share));

/** Steps of a duration that resolving has already turned into steps. */
export function stepsOf(duration: Duration): number {
  if ('steps' in duration) return duration.steps;
  throw new Error('a schedule was evaluated before its durations were turned into steps');
}
