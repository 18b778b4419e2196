import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateLoss, Loss } from './index.js';

const ce = Loss.parse({ kind: 'cross-entropy' });
const mse = Loss.parse({ kind: 'mse' });

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

describe.each([ce, Loss.parse({ kind: 'cross-entropy', labelSmoothing: 0.1 }), mse])('%j', (loss) => {
  it('has the gradient of its value (finite differences)', () => {
    const logits = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(logits, (values) => {
        const { gradient } = evaluateLoss(loss, Float64Array.from(values), 1);
        values.forEach((_, c) => {
          const nudged = (h: number) =>
            evaluateLoss(
              loss,
              Float64Array.from(values, (z, i) => (i === c ? z + h : z)),
              1,
            ).value;
          expect(Math.abs((nudged(1e-5) - nudged(-1e-5)) / 2e-5 - (gradient[c] as number))).toBeLessThan(
            1e-7,
          );
        });
      }),
      { seed: 5 },
    );
  });

  it('does not overflow for large logits', () => {
    const { value, gradient } = evaluateLoss(loss, Float64Array.of(1000, -1000, 0), 0);
    expect(Number.isFinite(value)).toBe(true);
    expect([...gradient].every(Number.isFinite)).toBe(true);
  });
});

it('refuses smoothing of 1 and unknown options', () => {
  expect(Loss.safeParse({ kind: 'cross-entropy', labelSmoothing: 1 }).success).toBe(false);
  expect(Loss.safeParse({ kind: 'mse', labelSmoothing: 0.1 }).success).toBe(false);
});
