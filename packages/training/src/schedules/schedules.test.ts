import { describe, expect, it } from 'vitest';
import golden from './golden.json' with { type: 'json' };
import {
  type EpochObservation,
  learningRateCurve,
  momentumCurve,
  observeEpoch,
  resolveSchedule,
  Schedule,
  type ScheduleState,
} from './index.js';

const resolved = (schedule: unknown, stepsPerEpoch = 10) =>
  resolveSchedule(Schedule.parse(schedule), stepsPerEpoch);

const rates = (schedule: unknown, total: number, rate = 1): number[] =>
  Array.from({ length: total }, (_, step) => learningRateCurve(resolved(schedule), rate, total)(step));

const momentaOf = (schedule: unknown, total: number) => {
  const curve = momentumCurve(resolved(schedule), total);
  return Array.from({ length: total }, (_, step) => curve?.(step) ?? null);
};

/** Rates of a run with one step per epoch. */
function ratesOf(schedule: unknown, rate: number, results: Omit<EpochObservation, 'step'>[]): number[] {
  let state: ScheduleState = {};
  return results.map((result, step) => {
    const current = learningRateCurve(resolved(schedule, 1), rate, results.length, state)(step);
    state = observeEpoch(resolved(schedule, 1), results.length, state, { step: step + 1, ...result });
    return current;
  });
}

const allEqual = (value: number): Omit<EpochObservation, 'step'> => ({
  trainLoss: value,
  trainAccuracy: value,
  validationLoss: value,
  validationAccuracy: value,
});

const near = (values: number[], expected: number[]) => {
  expect(values).toHaveLength(expected.length);
  values.forEach((value, i) => {
    expect(Math.abs(value - (expected[i] as number)), `step ${i}`).toBeLessThan(1e-12);
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

  const cycled = golden.cases.flatMap(({ momenta, ...one }) => (momenta ? [{ ...one, momenta }] : []));
  it.each(cycled.map((entry) => [JSON.stringify(entry.schedule), entry] as const))(
    'momentum of %s',
    (_, { schedule, momenta }) => {
      expect(new Set(momenta).size).toBeGreaterThan(5);
      near(momentaOf(schedule, momenta.length) as number[], momenta);
    },
  );

  it.each(
    golden.plateau.map((entry) => [`${entry.origin} ${JSON.stringify(entry.schedule)}`, entry] as const),
  )('%s', (_, { schedule, learningRate, results, rates: expected }) => {
    expect(new Set(expected).size).toBeGreaterThan(1);
    near(ratesOf(schedule, learningRate, results.map(allEqual)), expected);
  });
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
    const restarts = { kind: 'cosine-restarts', period: { steps: 2 }, to: 0.2, for: { steps: 4 } };
    near(rates([restarts], 6), [1, 0.6, 1, 0.6, 0.2, 0.2]);
  });

  it('cuts off what reaches beyond the run', () => {
    near(rates([{ kind: 'warmup', for: { steps: 10 } }, { kind: 'cosine' }], 3), [0.1, 0.2, 0.3]);
  });

  it('multiplies segments that run at the same time, each for its own time', () => {
    const product = {
      kind: 'product',
      of: [
        { kind: 'warmup', for: { steps: 2 } },
        { kind: 'multi-step', milestones: [{ steps: 3 }], factor: 0.5 },
      ],
    };
    near(rates([product], 5), [0.5, 1, 1, 0.5, 0.5]);
    near(
      rates([{ kind: 'constant', factor: 0.5, for: { steps: 1 } }, product], 5),
      [0.5, 0.25, 0.5, 0.5, 0.25],
    );
  });

  it('sets the momentum only where a segment, or one inside a product, says it', () => {
    const cycle = { kind: 'cyclical', rise: { steps: 1 }, momentum: { high: 0.9, low: 0.5 } };
    const constant = { kind: 'constant', for: { steps: 1 } };
    expect(momentaOf([constant, { ...cycle, for: { steps: 2 } }, constant], 4)).toEqual([
      null,
      0.9,
      0.5,
      null,
    ]);
    expect(momentaOf([{ kind: 'product', of: [constant, cycle] }], 3)).toEqual([0.9, 0.5, 0.9]);
    expect(momentumCurve(resolved([{ ...cycle, momentum: null }]), 4)).toBeNull();
  });

  it('turns epochs into steps, at least one, wherever they are', () => {
    const schedule = [
      { kind: 'warmup', for: { epochs: 0.001 } },
      { kind: 'cyclical', rise: { epochs: 2 }, for: { epochs: 1 } },
      {
        kind: 'product',
        of: [
          { kind: 'multi-step', milestones: [{ epochs: 1.5 }, { steps: 7 }] },
          { kind: 'trapezoid', warmup: { epochs: 1 }, decay: { steps: 3 }, for: { epochs: 4 } },
        ],
      },
    ];
    expect(resolved(schedule)).toMatchObject([
      { for: { steps: 1 } },
      { for: { steps: 10 }, rise: { steps: 20 } },
      {
        of: [
          { milestones: [{ steps: 15 }, { steps: 7 }] },
          { warmup: { steps: 10 }, decay: { steps: 3 }, for: { steps: 40 } },
        ],
      },
    ]);
  });
});

describe('closed forms', () => {
  const exact: [string, unknown, (step: number) => number][] = [
    ['η / √(t + 1)', { kind: 'inverse-square-root' }, (s) => 1 / Math.sqrt(s + 1)],
    [
      'a timescale',
      { kind: 'inverse-square-root', timescale: { steps: 9 } },
      (s) => Math.sqrt(9) / Math.sqrt(9 + s),
    ],
    [
      'a staircase',
      { kind: 'inverse-time', rate: 2, every: { steps: 3 }, staircase: true },
      (s) => 1 / (1 + 2 * Math.floor(s / 3)),
    ],
    [
      'the formula of the Transformer',
      { kind: 'transformer', warmup: { steps: 4 }, dimension: 512 },
      (s) => 512 ** -0.5 * Math.min((s + 1) ** -0.5, (s + 1) * 4 ** -1.5),
    ],
    [
      'the Transformer with its peak at the rate',
      { kind: 'transformer', warmup: { steps: 4 } },
      (s) => Math.min((s + 1) / 4, 2 / Math.sqrt(s + 1)),
    ],
    [
      'an exponential warm-up',
      { kind: 'warmup', shape: 'exponential', from: 0.01, for: { steps: 20 } },
      (s) => 0.01 * 100 ** ((s + 1) / 20),
    ],
    [
      'a constant warm-up',
      { kind: 'warmup', shape: 'constant', from: 0.1, for: { steps: 5 } },
      (s) => (s < 5 ? 0.1 : 1),
    ],
    [
      'a trapezoid',
      { kind: 'trapezoid', warmup: { steps: 4 }, decay: { steps: 10 }, to: 0.1 },
      (s) => Math.min((s + 1) / 4, s < 10 ? 1 : 0.1 + (0.9 * (20 - s)) / 10),
    ],
    [
      'a trapezoid that falls as 1 − √x',
      { kind: 'trapezoid', warmup: { steps: 1 }, decay: { steps: 20 }, shape: 'one-minus-root' },
      (s) => 1 - Math.sqrt(s / 20),
    ],
    [
      "Keras's CosineDecayRestarts with m_mul 0.5",
      { kind: 'cosine-restarts', period: { steps: 5 }, decay: 0.5, to: 0.2 },
      (s) => 0.2 + 0.8 * 0.5 ** Math.floor(s / 5) * 0.5 * (1 + Math.cos((Math.PI * (s % 5)) / 5)),
    ],
    ['polynomial of power 1 as linear', { kind: 'polynomial', power: 1, to: 0.5 }, (s) => 1 - (0.5 * s) / 20],
  ];
  it.each(exact)('%s', (_, segment, expected) => {
    near(
      rates([segment], 20),
      Array.from({ length: 20 }, (_, s) => expected(s)),
    );
  });

  it('one cycle is that of the published list', () => {
    // torch 1.13.1: OneCycleLR(max 1, 10 steps).
    const published = [0.04, 0.52, 1, 0.950485, 0.811746, 0.611262, 0.388742, 0.188258, 0.049519, 4e-6];
    rates([{ kind: 'one-cycle' }], 10).forEach((rate, i) => {
      expect(rate).toBeCloseTo(published[i] as number, 6);
    });
  });
});

describe('schedules that follow results', () => {
  const resnet = { kind: 'warmup-until', reaches: 0.2 };

  it('warm up until the training accuracy is reached, and do not go back', () => {
    near(ratesOf([resnet], 1, [0.1, 0.19, 0.2, 0.15].map(allEqual)), [0.1, 0.1, 0.1, 1]);
  });

  it('warm up until a loss is low enough', () => {
    const byLoss = { kind: 'warmup-until', metric: 'validation.loss', reaches: 1, from: 0.5 };
    near(ratesOf([byLoss], 1, [3, 1.5, 0.9, 2, 2].map(allEqual)), [0.5, 0.5, 0.5, 1, 1]);
  });

  it('end the warm-up with the segment where the result is never reached', () => {
    near(
      ratesOf([{ ...resnet, for: { steps: 2 } }, { kind: 'constant' }], 1, [0, 0, 0, 0].map(allEqual)),
      [0.1, 0.1, 1, 1],
    );
  });

  it('see only the epochs that end within them, inside a product too', () => {
    const plateau = { kind: 'reduce-on-plateau', patience: 0, factor: 0.5 };
    const cut = [
      { kind: 'product', of: [plateau, { kind: 'constant' }], for: { steps: 3 } },
      { kind: 'constant' },
    ];
    near(ratesOf(cut, 1, [1, 1, 1, 1, 1].map(allEqual)), [1, 1, 0.5, 0.25, 0.25]);
    near(
      ratesOf([{ kind: 'constant', for: { steps: 3 } }, plateau], 1, [1, 1, 1, 1, 1].map(allEqual)),
      [1, 1, 1, 1, 1].map((level, i) => (i > 4 ? level / 2 : level)),
    );
    near(
      ratesOf(
        [{ kind: 'product', of: [{ ...plateau, for: { steps: 2 } }, resnet] }],
        1,
        [0, 0, 0, 1, 1].map(allEqual),
      ),
      [0.1, 0.1, 0.05, 0.05, 0.5],
    );
  });
});
