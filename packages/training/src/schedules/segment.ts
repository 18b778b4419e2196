import type { z } from 'zod';
import { type Duration, durationSteps } from '../duration.js';
import { byKind, oneOf } from '../family.js';
import type { ScheduleDefinition } from './definition.js';
import * as kinds from './kinds.js';
import { product } from './product.js';

type Definition = (typeof kinds)[keyof typeof kinds] | typeof product;

const all: Definition[] = [...Object.values(kinds), product];

/** Every schedule, by kind. */
export const schedules = byKind(all);
export type ScheduleKind = Definition['kind'];

export const Segment = oneOf(all.map(({ options }) => options));
export type Segment = z.output<typeof Segment>;

/** Options match their own kind. */
export const definitionOf = (segment: Segment) =>
  schedules[segment.kind] as unknown as ScheduleDefinition<ScheduleKind, Segment>;

/** Segments that run inside this one. */
export const innerSegments = (segment: Segment): Segment[] => ('of' in segment ? segment.of : []);

/** Whether the segment, or one inside it, says which momentum its steps have. */
export const setsMomentum = (segment: Segment): boolean =>
  ('momentum' in segment && segment.momentum !== null) || innerSegments(segment).some(setsMomentum);

/** The option of a segment that sets the momentum in which it does so. */
export const momentumField = (segment: Segment): string => ('of' in segment ? 'of' : 'momentum');

/** The same segment with every duration in steps. */
export function resolveSegment(segment: Segment, stepsPerEpoch: number): Segment {
  const toSteps = (duration: Duration) => ({ steps: durationSteps(duration, stepsPerEpoch) });
  const values = segment as unknown as Record<string, Duration | Duration[] | undefined>;
  const resolved = ['for', ...definitionOf(segment).durations].flatMap((name) => {
    const value = values[name];
    if (value === undefined) return [];
    return [[name, Array.isArray(value) ? value.map(toSteps) : toSteps(value)]];
  });
  const inner = innerSegments(segment).map((one) => resolveSegment(one, stepsPerEpoch));
  return { ...segment, ...Object.fromEntries(resolved), ...(inner.length > 0 ? { of: inner } : {}) };
}
