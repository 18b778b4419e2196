import { describe, expect, it } from 'vitest';
import { float64 } from '../algebra.js';
import { Optimizer, resolveOptimizer, slotArrays, updateParameter } from './index.js';

// The lecture's error surface: y = b + w·x on ten points, loss = sum of squared errors. Its Hessian has eigenvalues
// 1746830.4 and 5.57, a ravine with condition number 313,418.
const X = [338, 333, 328, 207, 226, 25, 179, 60, 208, 606];
const Y = [640, 633, 619, 393, 428, 27, 193, 66, 226, 1591];
const OPTIMUM = { b: -188.4331966573, w: 2.6694549668 };
const LARGEST_EIGENVALUE = 1746830.4265;

function gradient(theta: Float64Array): Float64Array {
  const [b, w] = theta as unknown as [number, number];
  const residuals = X.map((x, i) => (Y[i] as number) - b - w * x);
  const alongW = residuals.reduce((sum, r, i) => sum + r * (X[i] as number), 0);
  return Float64Array.of(-2 * residuals.reduce((sum, r) => sum + r, 0), -2 * alongW);
}

function descend(input: object, steps: number): { b: number; w: number }[] {
  const options = Optimizer.parse(input);
  const optimizer = resolveOptimizer(options);
  let parameter: Float64Array = Float64Array.of(-120, -4);
  let slots: Record<string, Float64Array> = Object.fromEntries(
    slotArrays(optimizer, [2]).map(({ slot, initial }) => [slot, new Float64Array(2).fill(initial)]),
  );
  return Array.from({ length: steps }, (_, i) => {
    ({ parameter, slots } = updateParameter(float64, optimizer, {
      parameter,
      slots,
      gradient: gradient(parameter),
      learningRate: options.learningRate,
      weightDecay: 0,
      step: i + 1,
      shape: [2],
    }));
    return { b: parameter[0] as number, w: parameter[1] as number };
  });
}

describe("the lecture's ravine", () => {
  it('starts with the gradient of the slides', () => {
    expect([...gradient(Float64Array.of(-120, -4))]).toEqual([-32112, -11306776]);
  });

  it('gradient descent diverges just above 2 / λmax and not below', () => {
    const limit = 2 / LARGEST_EIGENVALUE;
    const above = descend({ kind: 'sgd', learningRate: limit * 1.01 }, 2000).at(-1)!;
    const below = descend({ kind: 'sgd', learningRate: limit * 0.99 }, 2000).at(-1)!;
    expect(Math.abs(above.w)).toBeGreaterThan(1e6);
    expect(Math.abs(below.w - 2.5)).toBeLessThan(0.2);
  });

  it('gradient descent with 1e-7 stalls in the valley', () => {
    const end = descend({ kind: 'sgd', learningRate: 1e-7 }, 100_000).at(-1)!;
    expect(end.b).toBeCloseTo(-123.69, 1);
    expect(end.w).toBeCloseTo(2.483, 2);
  });

  it('AdaGrad (mean) walks one unit at first, bursts out of the valley, and ends near the optimum', () => {
    const path = descend({ kind: 'adagrad', convention: 'lecture', learningRate: 1 }, 100_000);
    expect(path[0]).toEqual({ b: -119, w: -3 });
    expect(path[1]!.b).toBeCloseTo(-118.09, 2);
    expect(path[1]!.w).toBeCloseTo(-2.09, 2);
    expect(path[2]!.b).toBeCloseTo(-117.27, 2);
    expect(path[2]!.w).toBeCloseTo(-1.27, 2);
    const burst = path.slice(650, 800).map(({ w }) => w);
    expect(Math.max(...burst) - Math.min(...burst)).toBeGreaterThan(1);
    expect(path.at(-1)!.b).toBeCloseTo(-188.39, 1);
    expect(path.at(-1)!.w).toBeCloseTo(2.712, 1);
  });

  it('AdaGrad (sum) follows the dots of the decay figure without a burst', () => {
    const path = descend({ kind: 'adagrad', epsilon: 0, learningRate: 1 }, 100_000);
    [-3, -2.355, -1.86, -1.454].forEach((w, i) => {
      expect(path[i]!.w).toBeCloseTo(w, 2);
    });
    expect(path.at(-1)!.b).toBeCloseTo(-188.367, 2);
    expect(path.at(-1)!.w).toBeCloseTo(2.6693, 3);
  });

  it('Adam with rate 1 reaches the optimum', () => {
    const path = descend({ kind: 'adam', learningRate: 1 }, 30_000);
    expect(path.at(-1)!.b).toBeCloseTo(OPTIMUM.b, 1);
    expect(path.at(-1)!.w).toBeCloseTo(OPTIMUM.w, 1);
    const entered = path.findIndex(
      ({ b, w }) => Math.abs(b - OPTIMUM.b) < 1 && Math.abs(w - OPTIMUM.w) < 0.02,
    );
    expect(entered + 1).toBe(1486);
  });
});
