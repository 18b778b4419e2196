import { float64 } from '../algebra.js';
import { resolveOptimizer, slotArrays, updateParameter } from '../optimizers/index.js';
import { learningRateCurve, momentumCurve, resolveSchedule } from '../schedules/index.js';
import { elements } from '../shapes.js';
import type { Point } from './point.js';
import type { SurfaceRun } from './run.js';
import { surfaceOf } from './surface.js';

/** Steps between two rests of the generator: well below a millisecond. */
const STEPS_BETWEEN_RESTS = 64;
/** A descent that is so many widths of the drawn part away from it has diverged. */
const FAR = 1000;

/** What a descent did. Entries of the lists belong together. */
export interface Descent {
  /** Updates done; 0 is the start. */
  steps: number[];
  positions: Point[];
  /** Infinite where the value overflows. */
  values: number[];
  /** ‖gradient‖₂, of the surface alone. */
  gradientNorms: number[];
  /** First step after which it was a thousand widths of the domain outside of it, and first whose position is not finite. */
  diverged: { step: number; overflowStep: number | null } | null;
}

/** The two parameters are one vector to the rule. */
const SHAPE = [2];
const pointOf = (values: Float64Array): Point => [values[0] as number, values[1] as number];

/** Which of the places 0 … steps are kept: evenly spaced, both ends among them. */
function keeper(steps: number, points: number): (step: number) => boolean {
  if (steps < points) return () => true;
  const kept = new Set(Array.from({ length: points }, (_, i) => Math.round((i * steps) / (points - 1))));
  return (step) => kept.has(step);
}

/**
 * Runs the production rule and schedule in double precision. A generator, so that a server can do something else in
 * between; it returns the descent, which ends with the last finite position.
 */
export function* descend(run: SurfaceRun): Generator<void, Descent, void> {
  const { surface, steps } = run;
  const definition = surfaceOf(surface);
  const optimizer = resolveOptimizer(run.optimizer);
  const { learningRate, weightDecay } = run.optimizer;
  const schedule = resolveSchedule(run.schedule, 1);
  const rateAt = learningRateCurve(schedule, learningRate, steps);
  const momentumAt = momentumCurve(schedule, steps);
  const isKept = keeper(steps, run.points);
  const isFar = farFrom(definition.domain);
  const descent: Descent = { steps: [], positions: [], values: [], gradientNorms: [], diverged: null };
  const keep = (step: number, position: Point, gradient: Point) => {
    descent.steps.push(step);
    descent.positions.push(position);
    descent.values.push(definition.value(surface, position));
    descent.gradientNorms.push(Math.hypot(...gradient));
  };
  let parameter: Float64Array = Float64Array.from(run.start ?? definition.start);
  let slots: Record<string, Float64Array> = Object.fromEntries(
    slotArrays(optimizer, SHAPE).map(({ slot, shape, initial }) => [
      slot,
      new Float64Array(elements(shape)).fill(initial),
    ]),
  );
  let gradient = definition.gradient(surface, pointOf(parameter));
  keep(0, pointOf(parameter), gradient);
  for (let step = 1; step <= steps; step++) {
    const momentum = momentumAt?.(step - 1) ?? undefined;
    const rates = { learningRate: rateAt(step - 1), weightDecay, momentum };
    const input = { parameter, slots, gradient: Float64Array.from(gradient), ...rates, step, shape: SHAPE };
    const next = updateParameter(float64, optimizer, input);
    const finite = next.parameter.every(Number.isFinite);
    if (descent.diverged === null && (!finite || isFar(pointOf(next.parameter))))
      descent.diverged = { step, overflowStep: null };
    if (!finite) {
      descent.diverged = { step: descent.diverged?.step ?? step, overflowStep: step };
      if (descent.steps.at(-1) !== step - 1) keep(step - 1, pointOf(parameter), gradient);
      return descent;
    }
    ({ parameter, slots } = next);
    gradient = definition.gradient(surface, pointOf(parameter));
    if (isKept(step)) keep(step, pointOf(parameter), gradient);
    if (step % STEPS_BETWEEN_RESTS === 0) yield;
  }
  return descent;
}

/** Whether a place lies outside of the domain by more than `FAR` times its width. */
const farFrom =
  (domain: readonly [readonly [number, number], readonly [number, number]]) =>
  (at: Point): boolean =>
    domain.some(([from, to], i) => {
      const x = at[i] as number;
      return x < from - FAR * (to - from) || x > to + FAR * (to - from);
    });
