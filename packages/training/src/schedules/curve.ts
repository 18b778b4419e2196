import { z } from 'zod';
import { type EpochObservation, stepsOf } from './definition.js';
import { definitionOf, innerSegments, type Segment, setsMomentum } from './segment.js';

/** What the segments that depend on results remember, by their place: `2`, or `2.0` inside a product. */
export const ScheduleState = z.record(z.string().max(16), z.record(z.string().max(32), z.number()));
export type ScheduleState = z.output<typeof ScheduleState>;

/** A segment at its place in the run. */
interface Part {
  segment: Segment;
  /** Key in the state. */
  place: string;
  begin: number;
  steps: number;
}

/** A schedule with its durations in steps, laid out over a run. */
function layOut(schedule: readonly Segment[], totalSteps: number): Part[] {
  let begin = 0;
  return schedule.map((segment, i) => {
    const steps = segment.for ? stepsOf(segment.for) : Math.max(1, totalSteps - begin);
    const part = { segment, place: String(i), begin, steps };
    begin += steps;
    return part;
  });
}

const innerParts = ({ segment, place, begin, steps }: Part): Part[] =>
  innerSegments(segment).map((inner, i) => ({
    segment: inner,
    place: `${place}.${i}`,
    begin,
    steps: inner.for ? Math.min(steps, stepsOf(inner.for)) : steps,
  }));

/** Level at each step of a segment, counted from its beginning; held after its end. */
function segmentCurve(part: Part, start: number, state: ScheduleState): (step: number) => number {
  const { segment, place, steps } = part;
  const inner = innerParts(part).map((one) => segmentCurve(one, 1, state));
  const definition = definitionOf(segment);
  const at = { start, steps, state: state[place] ?? {}, inner };
  return (step) => definition.factor(segment, { ...at, step: Math.min(step, steps) });
}

/**
 * The learning rate of step 0 … totalSteps − 1 as a pure function, from a schedule with its durations in steps and
 * what it has learnt of results so far: with no state, the curve of a run where every result is good and no target is
 * reached. The work per call does not grow with the step.
 */
export function learningRateCurve(
  schedule: readonly Segment[],
  learningRate: number,
  totalSteps: number,
  state: ScheduleState = {},
): (step: number) => number {
  let level = 1;
  const parts = layOut(schedule, totalSteps).map((part) => {
    const curve = segmentCurve(part, level, state);
    level = curve(part.steps);
    return { begin: part.begin, curve };
  });
  return (step) => {
    const part = parts.findLast((candidate) => candidate.begin <= step) ?? parts[0];
    if (part === undefined) throw new Error('a schedule has at least one segment');
    return learningRate * part.curve(step - part.begin);
  };
}

/** Momentum of a step of the part, counted from its beginning; held after its end. */
function partMomentum(part: Part, step: number): number | null {
  const { segment, steps } = part;
  const at = { start: 1, step: Math.min(step, steps), steps, state: {}, inner: [] };
  const own = definitionOf(segment).momentum?.(segment, at) ?? null;
  return own ?? innerParts(part).reduce<number | null>((m, inner) => m ?? partMomentum(inner, step), null);
}

/**
 * The momentum of step 0 … totalSteps − 1 as a pure function, from a schedule with its durations in steps: null at
 * steps whose segment leaves the optimizer's own alone. The whole is null where no segment sets one.
 */
export function momentumCurve(
  schedule: readonly Segment[],
  totalSteps: number,
): ((step: number) => number | null) | null {
  if (!schedule.some(setsMomentum)) return null;
  const parts = layOut(schedule, totalSteps);
  return (step) => {
    const part = parts.findLast(({ begin }) => begin <= step);
    return part === undefined ? null : partMomentum(part, step - part.begin);
  };
}

/** The state after an epoch. It is seen by the segments in which the epoch's last step lies. */
export function observeEpoch(
  schedule: readonly Segment[],
  totalSteps: number,
  state: ScheduleState,
  result: EpochObservation,
): ScheduleState {
  const parts = layOut(schedule, totalSteps).flatMap((part) => [part, ...innerParts(part)]);
  const changes = parts.flatMap(({ segment, place, begin, steps }) => {
    const { observe } = definitionOf(segment);
    if (observe === undefined || result.step <= begin || result.step > begin + steps) return [];
    return [[place, observe(segment, state[place] ?? {}, result)]];
  });
  return { ...state, ...Object.fromEntries(changes) };
}

/** Whether the rates of the segment cannot be known before the run. */
export const dependsOnResults = (segment: Segment): boolean =>
  definitionOf(segment).observe !== undefined || innerSegments(segment).some(dependsOnResults);
