import { describe, expect, it } from 'vitest';
import { type Descent, descend } from './descend.js';
import type { Point } from './point.js';
import { SurfaceRun } from './run.js';
import { stability } from './stability.js';

const OPTIMUM: Point = [-188.4331966573, 2.6694549668];
const LIMIT = 2 / 1_746_830.4265;

function run(optimizer: object, more: object = {}): Descent {
  const request = SurfaceRun.parse({
    surface: { kind: 'lecture-regression' },
    optimizer,
    steps: 100_000,
    points: 20_000,
    ...more,
  });
  const work = descend(request);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

const end = ({ positions }: Descent): Point => positions.at(-1)!;
const near = ([b, w]: Point, [x, y]: Point, digits: [number, number]) => {
  expect(b).toBeCloseTo(x, digits[0]);
  expect(w).toBeCloseTo(y, digits[1]);
};

/** Every place of a run of up to 19,999 steps. */
const firstSteps = (optimizer: object, steps: number, more: object = {}) =>
  run(optimizer, { steps, ...more }).positions;

/** First step that is within (1, 0.02) of the optimum. */
const entered = (path: Point[]): number =>
  path.findIndex(([b, w]) => Math.abs(b - OPTIMUM[0]) < 1 && Math.abs(w - OPTIMUM[1]) < 0.02);

describe('gradient descent on the lecture surface', () => {
  it('overflows at step 73 with 1e-2, crossing w = 0 along the vertical lines of the slide', () => {
    const descent = run({ kind: 'sgd', learningRate: 1e-2 }, { steps: 100 });
    expect(descent.diverged).toEqual({ step: 1, overflowStep: 73 });
    expect(descent.steps.at(-1)).toBe(72);
    near(descent.positions[1]!, [201.1, 113_063.76], [1, 1]);
    const crossings = descent.positions.slice(1, 5).map(([b, w], i) => {
      const [b0, w0] = descent.positions[i]!;
      return b0 + ((b - b0) * w0) / (w0 - w);
    });
    [-119.99, -123.8, -127.41, -130.81].forEach((b, i) => {
      expect(crossings[i]).toBeCloseTo(b, 1);
    });
  });

  it('overflows at step 249 with 1e-5', () => {
    expect(run({ kind: 'sgd', learningRate: 1e-5 }).diverged?.overflowStep).toBe(249);
  });

  it('oscillates and creeps with 1e-6, stalls with 1e-7', () => {
    const fast = run({ kind: 'sgd', learningRate: 1e-6 });
    expect(fast.diverged).toBeNull();
    near(end(fast), [-149.23, 2.557], [2, 3]);
    expect(fast.values.at(-1)! - 101_936.7299).toBeCloseTo(4.28e3, -1);
    near(end(run({ kind: 'sgd', learningRate: 1e-7 })), [-123.69, 2.483], [2, 3]);
  });

  it('with momentum 0.99 converges above the plain limit', () => {
    const path = firstSteps({ kind: 'sgd', learningRate: 2e-6, momentum: 0.99 }, 19_999);
    expect(entered(path)).toBe(3433);
    expect(entered(path.slice(-1))).toBe(0);
  });
});

describe('adaptive optimizers on the lecture surface', () => {
  /** Distance in w from the floor of the valley at this b. */
  const offFloor = ([b, w]: Point): number => Math.abs(w - (1_858_556 - 2510 * b) / 873_408);

  describe('AdaGrad with the root mean square', () => {
    const mean = { kind: 'adagrad', convention: 'lecture', learningRate: 1 };
    const path = firstSteps(mean, 19_999);

    it('walks one unit at first and reaches the valley at step 17', () => {
      near(path[1]!, [-119, -3], [12, 12]);
      near(path[2]!, [-118.09, -2.09], [2, 2]);
      near(path[3]!, [-117.27, -1.27], [2, 2]);
      const floor = path.findIndex((at) => offFloor(at) < 0.05);
      expect(floor).toBe(17);
      expect(path[17]![0]).toBeCloseTo(-113.9, 1);
    });

    it('bursts out of the valley again and again', () => {
      const far = path
        .map((at, step) => (step > 20 && offFloor(at) > 0.5 ? step : 0))
        .filter((step) => step > 0);
      const bursts = far.filter((step, i) => i === 0 || step - far[i - 1]! > 100);
      expect(bursts.slice(0, 5)).toEqual([716, 1193, 1746, 2368, 3052]);
      [-166.7, -181.7, -185.8].forEach((b, i) => {
        expect(path[bursts[i]!]![0]).toBeCloseTo(b, 1);
      });
    });

    it('has the low points of the slide', () => {
      const lows = [
        [716, 1190, -1.44, -171.8],
        [1193, 1740, -1.06, -185.1],
        [1746, 2360, -0.8, -189.8],
        [2368, 3050, -0.64, -191.2],
      ] as const;
      for (const [from, to, w, b] of lows) {
        const low = path.slice(from, to).reduce((least, at) => (at[1] < least[1] ? at : least));
        near(low, [b, w], [1, 2]);
      }
    });
  });

  it('AdaGrad with the root mean square bursts 62 times in 100,000 steps', () => {
    const descent = run({ kind: 'adagrad', convention: 'lecture', learningRate: 1 });
    near(end(descent), [-188.39, 2.713], [2, 3]);
    // A burst lasts for some forty steps, of which every fifth is kept.
    const far = descent.steps.filter((step, i) => step > 20 && offFloor(descent.positions[i]!) > 0.2);
    expect(far.filter((step, i) => i === 0 || step - far[i - 1]! > 200)).toHaveLength(62);
  });

  it('AdaGrad with the root of the sum does not burst', () => {
    const sum = { kind: 'adagrad', epsilon: 0, learningRate: 1 };
    const descent = run(sum);
    near(end(descent), [-188.367, 2.6693], [3, 4]);
    expect(descent.values.at(-1)! - 101_936.7299).toBeCloseTo(1.2e-2, 3);
    firstSteps(sum, 4).forEach(([, w], i) => {
      expect(w).toBeCloseTo([-4, -3, -2.355, -1.86, -1.454][i]!, 2);
    });
  });

  it('the sum is the root mean square with η / √(t + 1)', () => {
    const sum = firstSteps({ kind: 'adagrad', epsilon: 0, learningRate: 1 }, 2000);
    const decayed = firstSteps({ kind: 'adagrad', convention: 'lecture', learningRate: 1 }, 2000, {
      schedule: [{ kind: 'inverse-square-root' }],
    });
    sum.forEach((at, i) => {
      near(decayed[i]!, at, [7, 7]);
    });
  });

  it.each([
    [
      'decay by 0.9999 a step',
      { learningRate: 1 },
      [{ kind: 'exponential', factor: 0.9999 }],
      OPTIMUM,
      [6, 6],
    ],
    ['a tenth of the rate', { learningRate: 0.1 }, [{ kind: 'constant' }], OPTIMUM, [6, 6]],
    ['a hundredth of it', { learningRate: 0.01 }, [{ kind: 'constant' }], [-180.4, 2.646], [1, 3]],
  ] as const)('AdaGrad with the root mean square converges with %s', (_, rate, schedule, to, digits) => {
    const descent = run({ kind: 'adagrad', convention: 'lecture', ...rate }, { schedule });
    near(end(descent), to, [...digits]);
  });

  it.each([1, 0.1, 0.01])(
    'RMSProp with rate %d ends in an orbit of two places, half the rate off',
    (learningRate) => {
      const rmsprop = { kind: 'rmsprop', convention: 'lecture', alpha: 0.9, learningRate };
      const { steps, positions } = run(rmsprop);
      const later = [0, 1].map((odd) => steps.findLastIndex((step) => step % 2 === odd));
      for (const axis of [0, 1] as const) {
        const offs = later.map((i) => positions[i]![axis] - OPTIMUM[axis]);
        expect(Math.abs(offs[0]!) / learningRate).toBeCloseTo(0.5, 2);
        expect(offs[0]! + offs[1]!).toBeCloseTo(0, 3);
      }
    },
  );

  it('RMSProp with η / √(t + 1) converges', () => {
    const rmsprop = { kind: 'rmsprop', convention: 'lecture', alpha: 0.9, learningRate: 1 };
    near(end(run(rmsprop, { schedule: [{ kind: 'inverse-square-root' }] })), [-188.435, 2.668], [2, 2]);
  });

  it.each([
    [1, 1486],
    [0.1, 6156],
    [0.01, 16_919],
  ])('Adam with rate %d comes close at step %i and reaches the optimum', (learningRate, step) => {
    expect(entered(firstSteps({ kind: 'adam', learningRate }, 19_999))).toBe(step);
    // It reaches the optimum to the last digits; rounding then grows into small bursts, as with AdaGrad, and dies away.
    const { steps, positions } = run({ kind: 'adam', learningRate });
    const later = positions.filter((_, i) => steps[i]! > 30_000);
    const distances = later.map(([b]) => Math.abs(b - OPTIMUM[0]));
    expect(distances.reduce((x, y) => Math.min(x, y))).toBeLessThan(1e-9);
    expect(distances.reduce((x, y) => Math.max(x, y))).toBeLessThan(learningRate / 2);
  });
});

describe('squared error and cross-entropy', () => {
  const crossing = (kind: string, steps: number) => {
    const { positions } = run({ kind: 'sgd', learningRate: 1 }, { surface: { kind }, steps });
    return positions.findIndex(([y1, y2]) => y1 > y2);
  };
  it('gradient descent crosses over in 11 steps on cross-entropy and not in 100,000 on squared error', () => {
    expect(crossing('cross-entropy-softmax', 100)).toBe(11);
    expect(crossing('mse-softmax', 100_000)).toBe(-1);
  });
});

describe('the saddle', () => {
  it('is left along (1, 1)', () => {
    const surface = { kind: 'saddle' };
    const descent = run({ kind: 'sgd', learningRate: 0.1 }, { surface, start: [1e-3, -1e-4], steps: 200 });
    expect(descent.values.at(-1)).toBeLessThan(1e-12);
    near(end(descent), [1, 1], [2, 2]);
  });
});

describe('stability', () => {
  const of = (surface: object, optimizer: object) => {
    const request = SurfaceRun.parse({ surface, optimizer });
    return stability(request.surface, request.optimizer);
  };

  it('is that of the lecture', () => {
    const found = of({ kind: 'lecture-regression' }, { kind: 'sgd' })!;
    expect(found.limit).toBeCloseTo(1.1449e-6, 10);
    expect(found.limit).toBeCloseTo(LIMIT, 15);
    expect(Math.round(found.conditionNumber)).toBe(313_418);
  });

  it.each([
    [{}],
    [{ momentum: 0.9 }],
    [{ momentum: 0.9, convention: 'lecture' }],
    [{ momentum: 0.5, dampening: 0.3 }],
    [{ momentum: 0.9, nesterov: true }],
    [{ momentum: 0.6, nesterov: true, convention: 'lecture' }],
    [{ weightDecay: 0.5 }],
  ])('%j converges just below the limit and diverges just above', (options) => {
    const surface = { kind: 'quadratic', eigenvalues: [3, 40], rotation: 30 };
    const { limit } = of(surface, { kind: 'sgd', ...options })!;
    const away = (learningRate: number) =>
      Math.hypot(
        ...end(run({ kind: 'sgd', ...options, learningRate }, { surface, steps: 20_000, points: 2 })),
      );
    expect(away(limit * 0.99)).toBeLessThan(1e-9);
    expect(away(limit * 1.01)).toBeGreaterThan(1e6);
  });

  it('is not claimed where it is not exact', () => {
    expect(of({ kind: 'rosenbrock' }, { kind: 'sgd' })).toBeNull();
    expect(of({ kind: 'quadratic' }, { kind: 'adam' })).toBeNull();
    expect(of({ kind: 'quadratic' }, { kind: 'sgd', momentum: 0.9, dampening: 1 })).toBeNull();
  });
});

describe('what a run keeps', () => {
  it('is every place of a short one, the start first', () => {
    const { steps, positions, values, gradientNorms } = run({ kind: 'adam' }, { steps: 10 });
    expect(steps).toEqual(Array.from({ length: 11 }, (_, i) => i));
    expect(positions[0]).toEqual([-120, -4]);
    expect(values[0]).toBe(36_708_190);
    expect(gradientNorms[0]).toBe(Math.hypot(32_112, 11_306_776));
  });

  it('is evenly spaced in a long one, with both ends', () => {
    const { steps, positions } = run({ kind: 'adam' }, { steps: 1000, points: 11 });
    expect(steps).toEqual(Array.from({ length: 11 }, (_, i) => 100 * i));
    expect(positions).toHaveLength(11);
  });
});

it.each([
  [{ schedule: [{ kind: 'reduce-on-plateau' }] }, 'schedule.0.kind'],
  [{ steps: 1_000_001 }, 'steps'],
  [{ points: 20_001 }, 'points'],
  [{ start: [0] }, 'start'],
  [{ start: [0, 1e7] }, 'start.1'],
  [{ optimizer: { kind: 'sgd', nesterov: true } }, 'optimizer.nesterov'],
])('%j is refused at %s', (more, path) => {
  const { error } = SurfaceRun.safeParse({ surface: { kind: 'saddle' }, ...more });
  expect(error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
});
