import { z } from 'zod';
import { resolveSegment, Segment } from './segment.js';

export { dependsOnResults, learningRateCurve, momentumCurve, observeEpoch, ScheduleState } from './curve.js';
export type { EpochObservation, ScheduleDefinition, SegmentPosition } from './definition.js';
export { momentumField, type ScheduleKind, Segment, schedules, setsMomentum } from './segment.js';

/**
 * The learning-rate curve as a list of segments that follow one another. A segment begins at its own step 0 and at
 * the level where the one before ended (the first at 1); all levels are relative to the recipe's learningRate.
 * What reaches beyond the end of the run is cut off.
 */
export const Schedule = z
  .array(Segment)
  .min(1)
  .max(64, 'at most 64 segments')
  .superRefine((segments, context) => {
    segments.slice(0, -1).forEach((segment, i) => {
      if (segment.for !== undefined) return;
      const message = 'every segment but the last needs `for`, e.g. { "epochs": 1 }';
      context.addIssue({ code: 'custom', path: [i, 'for'], message });
    });
  });
export type Schedule = z.output<typeof Schedule>;

/** The same schedule with every duration in steps. */
export const resolveSchedule = (schedule: Schedule, stepsPerEpoch: number): Schedule =>
  schedule.map((segment) => resolveSegment(segment, stepsPerEpoch));
