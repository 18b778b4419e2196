import { describe, expect, it } from 'vitest';
import { isRangeTest, judgeRangeTest } from './range-test.js';
import { learningRateCurve, Schedule } from './schedules/index.js';

const schedule = Schedule.parse([{ kind: 'range-test', from: 1e-5, to: 10 }]);
const STEPS = 601; // a hundred steps for each power of ten
const rates = Array.from({ length: STEPS }, (_, step) => learningRateCurve(schedule, 1, STEPS)(step));

/** Falls from 2.3 to 0.3 around a rate of 1e-3, and explodes around 1. */
const loss = (rate: number): number => 0.3 + 2 / (1 + (rate / 1e-3) ** 1.5) + (rate / 0.5) ** 4;

it('rises evenly over the powers of ten, from the first step to the last', () => {
  expect(rates[0]).toBe(1e-5);
  expect(rates[100]).toBeCloseTo(1e-4, 12);
  expect(rates[STEPS - 1]).toBeCloseTo(10, 12);
  expect(isRangeTest(schedule)).toBe(true);
  expect(isRangeTest(Schedule.parse([{ kind: 'cosine' }]))).toBe(false);
});

it.each([
  [{ from: 1, to: 1 }, 'to'],
  [{ from: 0 }, 'from'],
])('%j is refused at %s', (options, path) => {
  const { error } = Schedule.safeParse([{ kind: 'range-test', ...options }]);
  expect(error?.issues[0]?.path).toEqual([0, path]);
});

describe('judgeRangeTest', () => {
  it('finds where the loss falls fastest, where it is lowest and where it explodes', () => {
    const noise = (step: number) => 0.02 * Math.sin(7.3 * step);
    const found = judgeRangeTest(
      rates,
      rates.map((rate, step) => loss(rate) + noise(step)),
    )!;
    expect(found.steepest! / 1e-3).toBeGreaterThan(0.7);
    expect(found.steepest! / 1e-3).toBeLessThan(1.4);
    expect(found.tenthOfMinimum!).toBeGreaterThan(0.003);
    expect(found.tenthOfMinimum!).toBeLessThan(0.02);
    expect(found.divergedAt!).toBeGreaterThan(0.3);
    expect(found.divergedAt!).toBeLessThan(0.8);
    expect(found.losses).toHaveLength(found.learningRates.length);
    expect(found.learningRates.at(-1)!).toBeLessThan(found.divergedAt!);
  });

  it('ends at the first loss that is not finite', () => {
    const found = judgeRangeTest(
      rates,
      rates.map((rate) => (rate > 0.01 ? Number.NaN : loss(rate))),
    )!;
    expect(found.divergedAt! / 0.01).toBeCloseTo(1, 1);
    expect(found.learningRates.at(-1)!).toBeLessThanOrEqual(0.01);
  });

  it('suggests nothing where the loss only rises, and says nothing of a few steps', () => {
    const rising = judgeRangeTest(
      rates,
      rates.map((rate) => 1 + rate),
    )!;
    expect([rising.steepest, rising.tenthOfMinimum]).toEqual([null, null]);
    expect(judgeRangeTest(rates.slice(0, 19), rates.slice(0, 19))).toBeNull();
  });
});
