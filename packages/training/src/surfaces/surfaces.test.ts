import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Point } from './point.js';
import { Surface, surfaceOf, surfaces } from './surface.js';

const parse = (input: object) => Surface.parse(input);

describe.each(Object.values(surfaces))('$kind', ({ kind }) => {
  const surface = parse({ kind });
  const { domain, start, value, gradient, minimum, curvature } = surfaceOf(surface);
  const within = fc.tuple(
    ...domain.map(([min, max]) => fc.double({ min, max, noNaN: true })),
  ) as fc.Arbitrary<[number, number]>;

  it('has the gradient of its value', () => {
    fc.assert(
      fc.property(within, (at) => {
        const analytic = gradient(surface, at);
        const scale = 1 + Math.abs(value(surface, at));
        [0, 1].forEach((axis) => {
          const h = 1e-5 * (1 + Math.abs(at[axis] as number));
          const moved = (by: number) => at.map((x, i) => (i === axis ? x + by : x)) as unknown as Point;
          const numeric = (value(surface, moved(h)) - value(surface, moved(-h))) / (2 * h);
          const tolerance = 1e-4 * (scale + Math.abs(analytic[axis] as number));
          expect(Math.abs(numeric - (analytic[axis] as number))).toBeLessThan(tolerance);
        });
      }),
      { numRuns: 100, seed: 21 },
    );
  });

  it('is nowhere below its minimum, and there without gradient', () => {
    const least = minimum(surface);
    fc.assert(
      fc.property(within, (at) => {
        expect(value(surface, at)).toBeGreaterThanOrEqual(least?.value ?? 0);
      }),
      { numRuns: 100, seed: 22 },
    );
    for (const at of least?.at ?? []) {
      expect(value(surface, at)).toBeCloseTo(least?.value as number, 8);
      expect(Math.hypot(...gradient(surface, at))).toBeLessThan(1e-6 * (1 + (least?.value as number)));
    }
  });

  it('begins within the part that is drawn', () => {
    domain.forEach(([from, to], i) => {
      expect(start[i]).toBeGreaterThanOrEqual(from);
      expect(start[i]).toBeLessThanOrEqual(to);
    });
  });

  it('bends as it says where it is quadratic', () => {
    const eigenvalues = curvature?.(surface);
    if (eigenvalues === undefined) return expect(kind).not.toMatch(/quadratic|regression/);
    const [x, y] = start;
    const [base, alongX, alongY] = [start, [x + 1, y] as const, [x, y + 1] as const].map((at) =>
      gradient(surface, at),
    ) as [Point, Point, Point];
    const [a, b] = [alongX[0] - base[0], alongX[1] - base[1]];
    const [c, d] = [alongY[0] - base[0], alongY[1] - base[1]];
    expect(Math.abs(b - c)).toBeLessThan(1e-6 * d);
    expect((eigenvalues[0] + eigenvalues[1]) / (a + d)).toBeCloseTo(1, 9);
    expect((eigenvalues[0] * eigenvalues[1]) / (a * d - b * c)).toBeCloseTo(1, 5);
  });
});

describe("the lecture's regression", () => {
  const surface = parse({ kind: 'lecture-regression' });
  const { start, value, gradient, minimum, curvature } = surfaceOf(surface);

  it('has the start, the optimum and the curvature of the slides', () => {
    expect(start).toEqual([-120, -4]);
    expect(value(surface, start)).toBe(36_708_190);
    expect(gradient(surface, start)).toEqual([-32_112, -11_306_776]);
    const least = minimum(surface)!;
    expect(least.value).toBeCloseTo(101_936.7299, 4);
    expect(least.at[0]![0]).toBeCloseTo(-188.4331966573, 10);
    expect(least.at[0]![1]).toBeCloseTo(2.6694549668, 10);
    const [small, large] = curvature!(surface);
    expect(large).toBeCloseTo(1_746_830.4265, 4);
    expect(small).toBeCloseTo(5.5734775, 7);
    expect(Math.round(large / small)).toBe(313_418);
  });
});

describe('squared error and cross-entropy behind softmax', () => {
  const [mse, crossEntropy] = ['mse-softmax', 'cross-entropy-softmax'].map((kind) => {
    const surface = parse({ kind });
    const { value, gradient } = surfaceOf(surface);
    return { value: (at: Point) => value(surface, at), slope: (at: Point) => gradient(surface, at)[0] };
  });
  const cases: [Point, number, number, number, number][] = [
    [[-10, 10], 1.9999999918, 20, -8.24e-9, -1],
    [[-5, 5], 1.99982, 10.00005, -1.816e-4, -0.99995],
    [[-2, 2], 1.9287, 4.01815, -0.06938, -0.98201],
    [[0, 0], 0.5, Math.LN2, -0.5, -0.5],
    [[10, -10], 8.5e-18, 2.06e-9, -1.7e-17, -2.06e-9],
  ];
  it.each(cases)('at %j', (at, ...published) => {
    const found = [mse!.value(at), crossEntropy!.value(at), mse!.slope(at), crossEntropy!.slope(at)];
    found.forEach((number, i) => {
      expect(number / published[i]!).toBeCloseTo(1, 2);
    });
  });

  it('squared error is nowhere steeper than 16/27, at y1 − y2 = −ln 2', () => {
    expect(mse!.slope([-Math.LN2, 0])).toBeCloseTo(-16 / 27, 12);
    for (let y = -10; y <= 10; y += 0.01) expect(-mse!.slope([y, 0])).toBeLessThanOrEqual(16 / 27);
  });
});

describe('the saddle', () => {
  const surface = parse({ kind: 'saddle' });
  const { gradient } = surfaceOf(surface);
  it('has no gradient at the origin, and curvature −2 along (1, 1) and 2 along (1, −1)', () => {
    expect(Math.hypot(...gradient(surface, [0, 0]))).toBe(0);
    const h = 1e-6;
    const [outX, outY] = gradient(surface, [h, h]);
    expect(outX / h).toBeCloseTo(-2, 9);
    expect(outY / h).toBeCloseTo(-2, 9);
    const [inX, inY] = gradient(surface, [h, -h]);
    expect(inX / h).toBeCloseTo(2, 9);
    expect(inY / -h).toBeCloseTo(2, 9);
  });
});

describe('the quadratic bowl', () => {
  it('turns its axes', () => {
    const surface = parse({ kind: 'quadratic', eigenvalues: [1, 9], rotation: 90 });
    const { value } = surfaceOf(surface);
    expect(value(surface, [1, 0])).toBeCloseTo(4.5, 12);
    expect(value(surface, [0, 1])).toBeCloseTo(0.5, 12);
  });

  it.each([[[0, 1]], [[1, -1]], [[1, 2, 3]], [[1, 1e13]]])('refuses the eigenvalues %j', (eigenvalues) => {
    expect(Surface.safeParse({ kind: 'quadratic', eigenvalues }).success).toBe(false);
  });
});
