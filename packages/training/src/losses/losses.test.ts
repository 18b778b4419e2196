import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import golden from './golden.json' with { type: 'json' };
import {
  classLogits,
  evaluateLoss,
  evaluationLoss,
  Loss,
  type LossKind,
  losses,
  lossProblems,
  outputCount,
  outputsOf,
  ResolvedLoss,
  resolveLoss,
} from './index.js';

const ce = ResolvedLoss.parse({ kind: 'cross-entropy' });
const mse = ResolvedLoss.parse({ kind: 'mse' });

/** Every loss in every form that has code of its own, for 2 or for 4 classes. */
const variants = Object.values(losses).flatMap(({ kind, outputs, variants: forms }) =>
  forms.map((form) => {
    const counts = outputs === 'logit' ? [30, 10] : [30, 10, 5, 15];
    return { loss: resolveLoss(Loss.parse({ kind, ...form }), counts), classes: counts.length };
  }),
);
const logit = fc.double({ min: -4, max: 4, noNaN: true });

// The lecture's surface: three classes, target (1, 0, 0), y₃ = −1000.
describe('the lecture: squared error against cross-entropy', () => {
  it.each([
    [-10, 10, 1.9999999918, 20, -8.24e-9, -1],
    [-5, 5, 1.99982, 10.00005, -1.816e-4, -0.99995],
    [-2, 2, 1.9287, 4.01815, -0.06938, -0.98201],
    [0, 0, 0.5, Math.LN2, -0.5, -0.5],
    [10, -10, 8.5e-18, 2.06e-9, -1.7e-17, -2.06e-9],
  ])('at (%d, %d)', (y1, y2, mseValue, ceValue, mseSlope, ceSlope) => {
    const logits = Float64Array.of(y1, y2, -1000);
    const relative = (value: number, expected: number) =>
      expect(Math.abs(value - expected)).toBeLessThan(1e-2 * Math.abs(expected));
    relative(evaluateLoss(mse, logits, 0).value, mseValue);
    relative(evaluateLoss(ce, logits, 0).value, ceValue);
    relative(evaluateLoss(mse, logits, 0).gradient[0] as number, mseSlope);
    relative(evaluateLoss(ce, logits, 0).gradient[0] as number, ceSlope);
  });

  it('squared error is steepest at y₁ − y₂ = −ln 2, with slope 16/27', () => {
    const slope = evaluateLoss(mse, Float64Array.of(-Math.LN2, 0, -1000), 0).gradient[0] as number;
    expect(slope).toBeCloseTo(-16 / 27, 12);
  });

  it('cross-entropy leaves (−10, 10) in 11 steps of gradient descent; squared error does not move', () => {
    const steps = (loss: typeof ce, most: number) => {
      let logits = Float64Array.of(-10, 10, -1000);
      for (let step = 1; step <= most; step++) {
        const { gradient } = evaluateLoss(loss, logits, 0);
        logits = logits.map((y, i) => (i < 2 ? y - (gradient[i] as number) : y));
        if ((logits[0] as number) > (logits[1] as number)) return step;
      }
      return null;
    };
    expect(steps(ce, 100)).toBe(11);
    expect(steps(mse, 10_000)).toBeNull();
  });
});

describe.each(variants)('$loss', ({ loss, classes }) => {
  const outputs = outputCount(loss.kind, classes);

  it('has the gradient of its value, for labels and for mixed targets (finite differences)', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(logit, { minLength: outputs, maxLength: outputs }), share, (values, own) => {
        const mixed = Float64Array.from({ length: classes }, (_, c) =>
          c === 1 ? own : c === 0 ? 1 - own : 0,
        );
        for (const target of [1, mixed]) {
          const { gradient } = evaluateLoss(loss, Float64Array.from(values), target);
          expect(gradient).toHaveLength(outputs);
          values.forEach((_, c) => {
            const nudged = (h: number) => {
              const moved = Float64Array.from(values, (z, i) => (i === c ? z + h : z));
              return evaluateLoss(loss, moved, target).value;
            };
            const slope = (nudged(1e-5) - nudged(-1e-5)) / 2e-5;
            expect(Math.abs(slope - (gradient[c] as number))).toBeLessThan(1e-7);
          });
        }
      }),
      { seed: 5 },
    );
  });

  it('is linear in the target, but for a square', () => {
    const z = Float64Array.from({ length: outputs }, (_, c) => 0.7 * c - 1);
    const at = (target: number | Float64Array) => evaluateLoss(loss, z, target).value;
    const mixed = Float64Array.from({ length: classes }, (_, c) => [0.3, 0.7][c] ?? 0);
    const difference = at(mixed) - 0.3 * at(0) - 0.7 * at(1);
    expect(difference).toBeCloseTo(loss.kind.startsWith('mse') ? -0.42 : 0, 12);
  });

  it('does not overflow for large outputs', () => {
    for (const label of [0, 1]) {
      const z = Float64Array.from({ length: outputs }, (_, c) => [1000, -1000][c] ?? 0);
      const { value, gradient } = evaluateLoss(loss, z, label);
      expect(Number.isFinite(value)).toBe(true);
      expect([...gradient].every(Number.isFinite)).toBe(true);
    }
  });

  it('judges without smoothing', () => {
    const judged = evaluationLoss(loss);
    expect(judged).toEqual('labelSmoothing' in loss ? { ...loss, labelSmoothing: 0 } : loss);
  });
});

it.each(golden.cases)('PyTorch gives the same: $options of $target', ({ options, ...sample }) => {
  const { value, gradient } = evaluateLoss(
    ResolvedLoss.parse(options),
    Float64Array.from(sample.outputs),
    Float64Array.from(sample.target),
  );
  expect(value).toBeCloseTo(sample.value, 12);
  expect(gradient).toHaveLength(sample.gradient.length);
  gradient.forEach((g, c) => {
    expect(g).toBeCloseTo(sample.gradient[c]!, 12);
  });
});

describe('class weights', () => {
  const counts = [30, 10, 5, 15];
  const weighted = (kind: LossKind, classWeights: unknown) =>
    resolveLoss(Loss.parse({ kind, classWeights }), counts);

  it('balanced are n / (k · n_c): the mean over the images is 1', () => {
    const { classWeights } = weighted('cross-entropy', 'balanced') as { classWeights: number[] };
    expect(classWeights).toEqual([0.5, 1.5, 3, 1]);
    expect(counts.reduce((total, n, c) => total + n * classWeights[c]!, 0)).toBe(60);
  });

  it.each(['cross-entropy', 'focal'] as const)('scale %s of a label by the weight of its class', (kind) => {
    const z = Float64Array.of(0.5, -1, 2, 0.25);
    const [plain, heavy] = [weighted(kind, null), weighted(kind, [1, 0, 7, 2])];
    [1, 0, 7, 2].forEach((weight, label) => {
      const [one, other] = [evaluateLoss(plain, z, label), evaluateLoss(heavy, z, label)];
      expect(other.value).toBeCloseTo(weight * one.value, 12);
      other.gradient.forEach((g, c) => {
        expect(g).toBeCloseTo(weight * one.gradient[c]!, 12);
      });
    });
  });

  it('must be one per class, and be given images to balance', () => {
    const problems = (classWeights: unknown, images = counts) =>
      lossProblems(Loss.parse({ kind: 'focal', classWeights }), images);
    expect(problems([1, 2, 3, 4])).toEqual([]);
    expect(problems([1, 2])).toEqual([
      { path: ['classWeights'], message: 'has 2 weights, but there are 4 classes' },
    ]);
    expect(problems('balanced', [3, 0])).toMatchObject([{ path: ['classWeights'] }]);
  });
});

describe('focal loss', () => {
  it('is (1 − p)^γ times cross-entropy: p = 0.9 counts a hundred times less at γ = 2', () => {
    const focal = ResolvedLoss.parse({ kind: 'focal', gamma: 2 });
    for (const p of [0.1, 0.5, 0.9, 0.999]) {
      const { value } = evaluateLoss(focal, Float64Array.of(Math.log(p), Math.log(1 - p)), 0);
      expect(value).toBeCloseTo(-((1 - p) ** 2) * Math.log(p), 14);
    }
  });

  it('is cross-entropy at γ = 0', () => {
    const focal = ResolvedLoss.parse({ kind: 'focal', gamma: 0, labelSmoothing: 0.1 });
    const plain = ResolvedLoss.parse({ kind: 'cross-entropy', labelSmoothing: 0.1 });
    for (const z of [Float64Array.of(1, 2, -3), Float64Array.of(500, 0, -500)]) {
      const [a, b] = [evaluateLoss(focal, z, 1), evaluateLoss(plain, z, 1)];
      expect(a.value).toBeCloseTo(b.value, 12);
      a.gradient.forEach((g, c) => {
        expect(g).toBeCloseTo(b.gradient[c]!, 12);
      });
    }
  });
});

describe('binary cross-entropy', () => {
  const binary = ResolvedLoss.parse({ kind: 'binary-cross-entropy' });

  it('of z is −log σ(z) for the second class and −log σ(−z) for the first, with slopes σ(z) − 1 and σ(z)', () => {
    for (const z of [-30, -2, 0, 0.3, 5]) {
      const sigmoid = 1 / (1 + Math.exp(-z));
      const [first, second] = [0, 1].map((label) => evaluateLoss(binary, Float64Array.of(z), label));
      expect(first!.value).toBeCloseTo(Math.log1p(Math.exp(z)), 12);
      expect(second!.value).toBeCloseTo(Math.log1p(Math.exp(-z)), 12);
      expect(first!.gradient[0]).toBeCloseTo(sigmoid, 12);
      expect(second!.gradient[0]).toBeCloseTo(sigmoid - 1, 12);
    }
  });

  it('is cross-entropy over two logits that are (0, z)', () => {
    const options = { labelSmoothing: 0.1, classWeights: [0.4, 3] };
    const [one, two] = (['binary-cross-entropy', 'cross-entropy'] as const).map((kind) =>
      ResolvedLoss.parse({ kind, ...options }),
    );
    fc.assert(
      fc.property(logit, fc.nat(1), (z, label) => {
        const logits = classLogits(Float64Array.of(z));
        const [a, b] = [evaluateLoss(one!, Float64Array.of(z), label), evaluateLoss(two!, logits, label)];
        expect(a.value).toBeCloseTo(b.value, 12);
        expect(a.gradient[0]).toBeCloseTo(b.gradient[1]!, 12);
      }),
      { seed: 6 },
    );
  });

  it('has one output, and its two logits lead back to it', () => {
    expect(outputCount('binary-cross-entropy', 2)).toBe(1);
    expect(outputsOf('binary-cross-entropy', Float64Array.of(-1, 2.5))).toEqual(Float64Array.of(3.5));
    const three = lossProblems(Loss.parse({ kind: 'binary-cross-entropy' }), [1, 2, 3]);
    expect(three).toMatchObject([{ path: ['kind'], message: expect.stringContaining('2 classes') }]);
  });
});

it('squared error on outputs by hand: (2, −1, 0.5) against class 0 is 1 + 1 + 0.25', () => {
  const { value, gradient } = evaluateLoss(
    ResolvedLoss.parse({ kind: 'mse-outputs' }),
    Float64Array.of(2, -1, 0.5),
    0,
  );
  expect(value).toBe(2.25);
  expect([...gradient]).toEqual([2, -2, 1]);
});

it.each([
  [{ kind: 'cross-entropy', labelSmoothing: 1 }, 'labelSmoothing'],
  [{ kind: 'mse', labelSmoothing: 0.1 }, ''],
  [{ kind: 'mse-outputs', classWeights: [1, 1] }, ''],
  [{ kind: 'focal', gamma: -1 }, 'gamma'],
  [{ kind: 'focal', alpha: 0.25 }, ''],
  [{ kind: 'cross-entropy', classWeights: [1, -1] }, 'classWeights.1'],
  [{ kind: 'cross-entropy', classWeights: [0, 0] }, 'classWeights'],
  [{ kind: 'cross-entropy', classWeights: 'inverse' }, 'classWeights'],
])('%j is refused', (options, path) => {
  expect(Loss.safeParse(options).error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
});
