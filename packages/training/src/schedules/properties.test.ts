import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dependsOnResults,
  learningRateCurve,
  observeEpoch,
  resolveSchedule,
  Schedule,
  schedules,
} from './index.js';

const level = fc.double({ min: 0, max: 3, noNaN: true });
const below1 = fc.double({ min: 0.01, max: 0.99, noNaN: true });
const duration = fc.oneof(
  fc.record({ steps: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ epochs: fc.double({ min: 0.01, max: 30, noNaN: true }) }),
);

/** Arbitrary options of every kind; a kind without an entry does not compile. */
const options: Record<keyof typeof schedules, fc.Arbitrary<object>> = {
  constant: fc.record({ factor: level }),
  cosine: fc.record({ to: level }),
  'cosine-restarts': fc.record({
    period: duration,
    periodFactor: fc.double({ min: 1, max: 4, noNaN: true }),
    decay: below1,
    to: level,
  }),
  cyclical: fc.record({
    from: below1,
    to: fc.constant(1),
    rise: duration,
    fall: duration,
    mode: fc.constantFrom('triangular', 'triangular2'),
  }),
  exponential: fc.record({ factor: below1, every: duration }),
  'inverse-square-root': fc.record({ timescale: duration }),
  'inverse-time': fc.record({ rate: below1, every: duration, staircase: fc.boolean() }),
  linear: fc.record({ from: level, to: level }),
  'multi-step': fc.record({ milestones: fc.array(duration, { minLength: 1, maxLength: 5 }), factor: below1 }),
  'one-cycle': fc.record({
    pctStart: fc.double({ min: 0.001, max: 0.49, noNaN: true }),
    shape: fc.constantFrom('cosine', 'linear'),
    threePhase: fc.boolean(),
  }),
  polynomial: fc.record({ to: level, power: fc.double({ min: 0.1, max: 5, noNaN: true }) }),
  product: fc.constant({
    of: [
      { kind: 'warmup', for: { epochs: 1 } },
      { kind: 'step', every: { epochs: 2 } },
    ],
  }),
  'range-test': fc.record({ from: below1, to: fc.constant(2) }),
  'reduce-on-plateau': fc.record({
    patience: fc.integer({ min: 0, max: 2 }),
    factor: below1,
    minimum: level,
  }),
  step: fc.record({ every: duration, factor: below1 }),
  transformer: fc.record({ warmup: duration }),
  trapezoid: fc.record({
    warmup: duration,
    decay: duration,
    to: below1,
    shape: fc.constantFrom('linear', 'cosine', 'one-minus-root'),
  }),
  warmup: fc.record({
    from: below1,
    to: below1,
    shape: fc.constantFrom('linear', 'constant', 'exponential'),
  }),
  'warmup-until': fc.record({ reaches: below1, from: level }),
};

const segments = Object.entries(options).map(([kind, of]) =>
  fc.tuple(of, duration).map(([rest, time]) => ({ kind, ...rest, for: time })),
);
const anySchedule = fc.array(fc.oneof(...segments), { minLength: 1, maxLength: 4 });
const run = { stepsPerEpoch: fc.integer({ min: 1, max: 50 }), totalSteps: fc.integer({ min: 1, max: 1000 }) };

describe('every schedule', () => {
  it('gives finite rates that are not negative, whatever the results', () => {
    const results = fc.array(fc.double({ min: 0, max: 5, noNaN: true }), { maxLength: 30 });
    fc.assert(
      fc.property(anySchedule, fc.record(run), results, (input, { stepsPerEpoch, totalSteps }, values) => {
        const schedule = resolveSchedule(Schedule.parse(input), stepsPerEpoch);
        let state = {};
        for (let step = 0; step < totalSteps; step++) {
          const rate = learningRateCurve(schedule, 0.1, totalSteps, state)(step);
          expect(Number.isFinite(rate) && rate >= 0, `${rate} at ${step}`).toBe(true);
          const value = values[(step + 1) / stepsPerEpoch - 1];
          if (value === undefined) continue;
          const result = {
            trainLoss: value,
            trainAccuracy: value,
            validationLoss: value,
            validationAccuracy: value,
          };
          state = observeEpoch(schedule, totalSteps, state, { step: step + 1, ...result });
        }
      }),
      { numRuns: 60, seed: 11 },
    );
  });

  it('is a function of the step alone', () => {
    fc.assert(
      fc.property(anySchedule, fc.record(run), (input, { stepsPerEpoch, totalSteps }) => {
        const schedule = resolveSchedule(Schedule.parse(input), stepsPerEpoch);
        const steps = Array.from({ length: totalSteps }, (_, step) => step);
        const forward = steps.map(learningRateCurve(schedule, 0.1, totalSteps));
        const backward = steps
          .toReversed()
          .map(learningRateCurve(schedule, 0.1, totalSteps))
          .reverse();
        expect(backward).toEqual(forward);
      }),
      { numRuns: 100, seed: 12 },
    );
  });

  it('is resolved once and for all, and is a schedule again', () => {
    fc.assert(
      fc.property(anySchedule, run.stepsPerEpoch, (input, stepsPerEpoch) => {
        const once = resolveSchedule(Schedule.parse(input), stepsPerEpoch);
        expect(JSON.stringify(once)).not.toContain('epochs');
        expect(resolveSchedule(Schedule.parse(JSON.parse(JSON.stringify(once))), 7)).toEqual(once);
      }),
      { numRuns: 200, seed: 13 },
    );
  });
});

const sample = (kind: string, seed: number) =>
  fc.sample(options[kind as keyof typeof options], { numRuns: 1, seed }).map((rest) => ({ kind, ...rest }));

it.each(Object.entries(schedules))('%s says truly whether it follows results', (kind, definition) => {
  expect(Schedule.parse(sample(kind, 1)).map(dependsOnResults)).toEqual(['observe' in definition]);
});

it.each(Object.values(schedules).filter(({ spans }) => spans))(
  '$kind comes to the same end however long it is',
  ({ kind }) => {
    const [short, long] = [400, 50_000].map((steps) => {
      const schedule = sample(kind, 5).map((segment) => ({ ...segment, for: { steps } }));
      return learningRateCurve(resolveSchedule(Schedule.parse(schedule), 10), 1, steps + 1)(steps);
    });
    expect(short).toBeCloseTo(long as number, 12);
  },
);
