import { z } from 'zod';
import type { Schedule } from './schedules/index.js';

/** Smoothed losses are means over this share of the steps. */
const WINDOW = 1 / 20;
/** The test is over where the running mean of the loss is so many times the best one so far, as in fastai. */
const DIVERGED = 4;
/** Share of the running mean that a step leaves of it; the mean is corrected for its start at 0, as Adam's are. */
const KEPT = 0.98;
const FEWEST_STEPS = 20;

/** What a learning-rate range test shows. */
export interface RangeTestResult {
  /** Where the smoothed loss falls fastest over the logarithm of the rate; null where it does not fall. */
  steepest: number | null;
  /** A tenth of the rate with the lowest smoothed loss; null where that is the loss of the beginning. */
  tenthOfMinimum: number | null;
  /** First rate at which the running mean of the loss was four times the best, or the loss not finite; null where neither came about. */
  divergedAt: number | null;
  /** Learning rate and smoothed loss of the steps that counted. */
  learningRates: number[];
  losses: number[];
}

/** Whether a job with this schedule is a range test. */
export const isRangeTest = (schedule: Schedule): boolean =>
  schedule.length === 1 && schedule[0]?.kind === 'range-test';

/** What decides whether a range test is over: the running mean of its losses. */
export const RangeTestState = z.strictObject({
  /** Losses in the mean. */
  steps: z.int().min(0),
  /** As it is before its correction. */
  mean: z.number(),
  /** The lowest mean so far, corrected. */
  best: z.number().nullable(),
});
export type RangeTestState = z.output<typeof RangeTestState>;

/** Before the first step. */
export const NO_LOSSES: RangeTestState = { steps: 0, mean: 0, best: null };

const corrected = ({ steps, mean }: Omit<RangeTestState, 'best'>): number => mean / (1 - KEPT ** steps);

/** The state after one more step. */
export function withLoss(state: RangeTestState, loss: number): RangeTestState {
  const next = { steps: state.steps + 1, mean: KEPT * state.mean + (1 - KEPT) * loss };
  return { ...next, best: Math.min(state.best ?? Number.POSITIVE_INFINITY, corrected(next)) };
}

/** Whether the loss has come to four times the best: higher rates show nothing more. */
export const hasDiverged = (state: RangeTestState): boolean =>
  state.best !== null && corrected(state) > DIVERGED * state.best;

/** Means over a window around each place; it is cut off at both ends. */
function smooth(values: readonly number[]): number[] {
  const reach = Math.max(1, Math.round((values.length * WINDOW) / 2));
  return values.map((_, i) => {
    const near = values.slice(Math.max(0, i - reach), i + reach + 1);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}

/** Steps before the one at which the test is over. */
function countingSteps(losses: readonly number[]): number {
  let state = NO_LOSSES;
  const end = losses.findIndex((loss) => {
    state = withLoss(state, loss);
    return !Number.isFinite(loss) || hasDiverged(state);
  });
  return end === -1 ? losses.length : end;
}

/**
 * Reads the rates of a range test off the losses of its steps, in their order. Null where it was over after too few. The
 * window of the curve is centred, so that smoothing does not shift the rates.
 */
export function judgeRangeTest(
  learningRates: readonly number[],
  losses: readonly number[],
): RangeTestResult | null {
  const end = countingSteps(losses);
  if (end < FEWEST_STEPS) return null;
  const [rates, curve] = [learningRates.slice(0, end), smooth(losses.slice(0, end))];
  const rateAt = (i: number): number => rates[i] as number;
  const lossAt = (i: number): number => curve[i] as number;
  const lowest = curve.indexOf(curve.reduce((a, b) => Math.min(a, b)));
  const slope = (i: number): number =>
    (lossAt(i + 1) - lossAt(i - 1)) / Math.log(rateAt(i + 1) / rateAt(i - 1));
  let steepest = 0;
  for (let i = 1; i < Math.min(lowest, end - 1); i++)
    if (slope(i) < 0 && (steepest === 0 || slope(i) < slope(steepest))) steepest = i;
  return {
    steepest: steepest === 0 ? null : rateAt(steepest),
    tenthOfMinimum: lowest === 0 ? null : rateAt(lowest) / 10,
    divergedAt: end < losses.length ? (learningRates[end] ?? null) : null,
    learningRates: rates,
    losses: curve,
  };
}
