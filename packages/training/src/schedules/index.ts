import { z } from 'zod';
import { durationSteps } from '../duration.js';
import { constant } from './constant.js';
import { cosine } from './cosine.js';
import { type ScheduleDefinition, stepsOf } from './definition.js';
import { exponential } from './exponential.js';
import { step } from './step.js';
import { warmup } from './warmup.js';

export type { ScheduleDefinition, SegmentPosition } from './definition.js';

/** Every schedule, by kind. */
export const schedules = { constant, warmup, step, exponential, cosine };
export type ScheduleKind = keyof typeof schedules;

export const Segment = z.discriminatedUnion('kind', [
  constant.options,
  warmup.options,
  step.options,
  exponential.options,
  cosine.options,
]);
export type Segment = z.output<typeof Segment>;

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
  schedule.map((segment) => ({
    ...segment,
    ...('every' in segment ? { every: { steps: durationSteps(segment.every, stepsPerEpoch) } } : {}),
    ...(segment.for ? { for: { steps: durationSteps(segment.for, stepsPerEpoch) } } : {}),
  }));

const definition = (segment: Segment) =>
  schedules[segment.kind] as unknown as ScheduleDefinition<ScheduleKind, Segment>; // options match their own kind

/**
 * The learning rate of step 0 … totalSteps − 1 as a pure function, from a schedule with its durations in steps.
 * The work per call does not grow with the step.
 */
export function learningRateCurve(
  schedule: Schedule,
  learningRate: number,
  totalSteps: number,
): (step: number) => number {
  let begin = 0;
  let level = 1;
  const parts = schedule.map((segment) => {
    const steps = segment.for ? stepsOf(segment.for) : Math.max(1, totalSteps - begin);
    const part = { segment, begin, start: level, steps };
    level = definition(segment).factor(segment, { start: level, step: steps, steps });
    begin += steps;
    return part;
  });
  return (step) => {
    const part = parts.findLast((candidate) => candidate.begin <= step) ?? parts[0];
    if (part === undefined) throw new Error('a schedule has at least one segment');
    const { segment, start, steps } = part;
    const local = Math.min(step - part.begin, steps); // after a last segment with `for`, its final value is held
    return learningRate * definition(segment).factor(segment, { start, step: local, steps });
  };
}
