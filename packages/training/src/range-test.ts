import type { Schedule } from './schedules/index.js';

/** Smoothed losses are means over this share of the steps. */
const WINDOW = 1 / 20;
/** The test is over where the smoothed loss is so many times the best one so far. */
const DIVERGED = 4;
const FEWEST_STEPS = 20;

/** What a learning-rate range test shows. */
export interface RangeTestResult {
  /** Where the smoothed loss falls fastest over the logarithm of the rate; null where it does not fall. */
  steepest: number | null;
  /** A tenth of the rate with the lowest smoothed loss; null where that is the loss of the beginning. */
  tenthOfMinimum: number | null;
  /** First rate at which the loss was four times the best, or not finite; null where neither came about. */
  divergedAt: number | null;
  /** Learning rate and smoothed loss of the steps that counted. */
  learningRates: number[];
  losses: number[];
}

/** Whether a job with this schedule is a range test. */
export const isRangeTest = (schedule: Schedule): boolean =>
  schedule.length === 1 && schedule[0]?.kind === 'range-test';

/** Means over a window around each place; it is cut off at both ends. */
function smooth(values: readonly number[]): number[] {
  const reach = Math.max(1, Math.round((values.length * WINDOW) / 2));
  return values.map((_, i) => {
    const near = values.slice(Math.max(0, i - reach), i + reach + 1);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}

/** Steps before the first loss that is not finite. */
const finiteSteps = (losses: readonly number[]): number => {
  const end = losses.findIndex((loss) => !Number.isFinite(loss));
  return end === -1 ? losses.length : end;
};

/**
 * Reads the rates of a range test off the losses of its steps, in their order. Null where too few steps were finite. The
 * window is centred, so that smoothing does not shift the rates.
 */
export function judgeRangeTest(
  learningRates: readonly number[],
  losses: readonly number[],
): RangeTestResult | null {
  const finite = finiteSteps(losses);
  if (finite < FEWEST_STEPS) return null;
  const smoothed = smooth(losses.slice(0, finite));
  let best = Number.POSITIVE_INFINITY;
  const diverged = smoothed.findIndex((loss) => {
    best = Math.min(best, loss);
    return loss > DIVERGED * best;
  });
  const end = diverged === -1 ? finite : diverged;
  const [rates, curve] = [learningRates.slice(0, end), smoothed.slice(0, end)];
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
