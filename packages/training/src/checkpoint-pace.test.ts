import { describe, expect, it } from 'vitest';
import { createCheckpointPace } from './checkpoint-pace.js';

const paceAt = (policy: { everySteps?: number; everySeconds?: number }) => {
  let now = 0;
  const pace = createCheckpointPace({ everySteps: null, everySeconds: null, ...policy }, () => now);
  return { pace, at: (ms: number) => (now = ms) };
};

describe('the pace of checkpoints', () => {
  it('asks for steps up to the next multiple', () => {
    const { pace } = paceAt({ everySteps: 10 });
    expect([0, 1, 9, 10, 25].map((step) => pace.stepsToNext(step, null))).toEqual([10, 9, 1, 10, 5]);
    expect(pace.isDue(10)).toBe(true);
    expect(pace.isDue(11)).toBe(false);
    expect(paceAt({}).pace.stepsToNext(3, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  it('counts seconds from the beginning, then from the one before', () => {
    const { pace, at } = paceAt({ everySeconds: 60 });
    at(59_999);
    expect(pace.isDue(3)).toBe(false);
    at(60_000);
    expect(pace.isDue(3)).toBe(true);
    pace.took(1);
    expect(pace.isDue(4)).toBe(false);
    at(120_000);
    expect(pace.isDue(5)).toBe(true);
  });

  it('waits until the last one is no more than two percent of the time, and passes over the multiples before', () => {
    const { pace, at } = paceAt({ everySteps: 1 });
    at(100);
    pace.took(100);
    at(4_999);
    expect([pace.isDue(7), pace.isDueAtEpochEnd()]).toEqual([false, false]);
    expect(pace.stepsToNext(7, 1)).toBe(1);
    at(1_000);
    expect(pace.stepsToNext(7, 10)).toBe(400);
    at(5_000);
    expect([pace.isDue(8), pace.isDueAtEpochEnd()]).toEqual([true, true]);
  });

  it('leaves a second between the ends of short epochs', () => {
    const { pace, at } = paceAt({});
    expect(pace.isDueAtEpochEnd()).toBe(true);
    pace.took(0);
    at(999);
    expect(pace.isDueAtEpochEnd()).toBe(false);
    at(1_000);
    expect(pace.isDueAtEpochEnd()).toBe(true);
  });

  it('keeps checkpoints that cost as much as a step, after the first, below two percent of any run', () => {
    let now = 0;
    const pace = createCheckpointPace({ everySteps: 1, everySeconds: null }, () => now);
    let still = 0;
    for (let step = 1; step <= 5_000; step++) {
      now += 10;
      if (!pace.isDue(step)) continue;
      now += 10;
      still += 10;
      pace.took(10);
    }
    expect((still - 10) / now).toBeLessThanOrEqual(0.02);
    expect(still / now).toBeGreaterThan(0.015);
  });
});
