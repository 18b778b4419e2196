import { expect, it } from 'vitest';
import { statisticsOf, studentQuantile } from './statistics.js';

// Quantiles as printed in tables of Student's distribution (three decimals).
it.each([
  [0.975, 1, 12.706],
  [0.975, 2, 4.303],
  [0.975, 3, 3.182],
  [0.975, 4, 2.776],
  [0.975, 9, 2.262],
  [0.975, 30, 2.042],
  [0.95, 5, 2.015],
  [0.995, 4, 4.604],
  [0.995, 7, 3.499],
  [0.9, 10, 1.372],
])('the %d quantile with %d degrees of freedom is %d', (probability, degrees, expected) =>
  expect(studentQuantile(probability, degrees)).toBeCloseTo(expected, 3),
);

it('closed forms: one and two degrees of freedom', () => {
  for (const p of [0.6, 0.9, 0.999]) {
    expect(studentQuantile(p, 1)).toBeCloseTo(Math.tan(Math.PI * (p - 0.5)), 8);
    expect(studentQuantile(p, 2)).toBeCloseTo((2 * p - 1) / Math.sqrt(2 * p * (1 - p)), 8);
  }
});

it('mean, deviation and interval by hand', () => {
  // Deviations −2, 0, 2 from 4: variance 8 / 2, t(0.975, 2) = 4.3027, half 4.3027 · 2 / √3.
  const seen = statisticsOf([2, 4, 6]);
  expect(seen).toMatchObject({ count: 3, mean: 4, standardDeviation: 2, interval: { level: 0.95 } });
  expect(seen.interval!.upper - 4).toBeCloseTo(4.96828, 4);
  expect(4 - seen.interval!.lower).toBeCloseTo(4.96828, 4);
  expect(statisticsOf([2, 4, 6], 0.5).interval!.upper).toBeLessThan(seen.interval!.upper);
});

it('a single number has no spread', () =>
  expect(statisticsOf([0.9])).toEqual({ count: 1, mean: 0.9, standardDeviation: null, interval: null }));
