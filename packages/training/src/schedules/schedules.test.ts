import { describe, expect, it } from 'vitest';
import golden from './golden.json' with { type: 'json' };
import { learningRateCurve, resolveSchedule, Schedule } from './index.js';

const rates = (schedule: unknown, total: number, rate = 1, stepsPerEpoch = 10): number[] => {
  const at = learningRateCurve(resolveSchedule(Schedule.parse(schedule), stepsPerEpoch), rate, total);
  return Array.from({ length: total }, (_, step) => at(step));
};

const near = (values: number[], expected: number[]) => {
  expect(values).toHaveLength(expected.length);
  values.forEach((value, i) => {
    expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1e-12);
  });
};

describe('golden lists', () => {
  it.each(golden.cases.map((entry) => [`${entry.origin} ${JSON.stringify(entry.schedule)}`, entry] as const))(
    '%s',
    (_, { schedule, learningRate, skip, rates: expected }) => {
      near(
        rates(schedule, expected.length, learningRate).slice(0, expected.length - skip),
        expected.slice(skip),
      );
    },
  );
});

describe('composition', () => {
  it('warms up to the full rate in its last step, and the next segment starts there', () => {
    const values = rates([{ kind: 'warmup', for: { steps: 4 } }, { kind: 'cosine' }], 8);
    near(values, [0.25, 0.5, 0.75, 1, 1, (1 + Math.SQRT1_2) / 2, 0.5, (1 - Math.SQRT1_2) / 2]);
  });

  it('starts each segment at the level where the one before ended', () => {
    const values = rates(
      [
        { kind: 'step', every: { steps: 2 }, factor: 0.5, for: { steps: 4 } },
        { kind: 'exponential', every: { steps: 1 }, factor: 0.1, for: { steps: 2 } },
        { kind: 'constant' },
      ],
      8,
    );
    near(values, [1, 1, 0.5, 0.5, 0.25, 0.025, 0.0025, 0.0025]);
  });

  it('holds the end of a last segment with a length', () => {
    near(rates([{ kind: 'cosine', to: 0.2, for: { steps: 2 } }], 5), [1, 0.6, 0.2, 0.2, 0.2]);
  });

  it('cuts off what reaches beyond the run', () => {
    near(rates([{ kind: 'warmup', for: { steps: 10 } }, { kind: 'cosine' }], 3), [0.1, 0.2, 0.3]);
  });

  it('turns epochs into steps, at least one', () => {
    const schedule = Schedule.parse([
      { kind: 'warmup', for: { epochs: 0.001 } },
      { kind: 'step', every: { epochs: 1.5 } },
    ]);
    expect(resolveSchedule(schedule, 10)).toMatchObject([{ for: { steps: 1 } }, { every: { steps: 15 } }]);
  });

  it('is a function of the step alone', () => {
    const at = learningRateCurve(Schedule.parse([{ kind: 'cosine' }]), 0.1, 100);
    const forward = [3, 50, 99].map(at);
    expect([99, 50, 3].map(at).reverse()).toEqual(forward);
  });
});

describe('options', () => {
  it.each([
    [
      [{ kind: 'warmup' }, { kind: 'cosine' }],
      [0, 'for'],
    ],
    [[], []],
    [[{ kind: 'step', every: { steps: 3 }, factor: 1 }], [0, 'factor']],
    [[{ kind: 'constant', for: { steps: 0 } }], [0, 'for']],
    [[{ kind: 'constant', for: { hours: 1 } }], [0, 'for']],
  ])('%j is refused', (schedule, path) => {
    const { error } = Schedule.safeParse(schedule);
    expect(error?.issues[0]?.path.slice(0, 2)).toEqual(path);
  });
});
