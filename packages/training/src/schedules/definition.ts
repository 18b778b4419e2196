import { z } from 'zod';
import { Duration } from '../duration.js';
import type { FamilyEntry } from '../family.js';

/** Where a segment is asked for its factor. */
export interface SegmentPosition {
  /** Factor at which the segment before ended; 1 for the first segment. */
  start: number;
  /** Steps since the segment began, 0 … steps; `steps` itself asks where the next segment starts. */
  step: number;
  /** Length of the segment. */
  steps: number;
}

/** One shape of the learning-rate curve. Factors are relative to the recipe's learningRate. */
export interface ScheduleDefinition<Kind extends string, Options> extends FamilyEntry<Kind> {
  options: z.ZodType<Options>;
  /** Pure. `options.every`, where there is one, is in steps. */
  factor(options: Options, at: SegmentPosition): number;
}

/** Every segment may say how long it lasts; all but the last must. */
export const length = {
  for: Duration.optional().describe(
    'How long the segment lasts. All but the last must say it; the last one runs to the end, and where it says it, its final value is held after that',
  ),
};

/** A learning rate relative to the recipe's learningRate. */
export const rateFactor = z.number().min(0).max(1000, 'at most 1000 times the learning rate');

/** Steps of a duration that resolving has already turned into steps. */
export function stepsOf(duration: Duration): number {
  if ('steps' in duration) return duration.steps;
  throw new Error('a schedule was evaluated before its durations were turned into steps');
}
