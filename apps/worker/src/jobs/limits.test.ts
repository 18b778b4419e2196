import { describe, expect, it } from 'vitest';
import { createLimits, type RunLimits } from './limits.js';

describe('createLimits', () => {
  it('counts what earlier attempts have trained', () => {
    expect(createLimits({ maxMinutes: 2, maxSteps: 7 }, 90).current).toEqual({
      timeLimitMs: 30_000,
      maxSteps: 7,
    });
    expect(createLimits({ maxMinutes: 1, maxSteps: null }, 90).current.timeLimitMs).toBe(0);
    expect(createLimits({ maxMinutes: null, maxSteps: null }, 90).current.timeLimitMs).toBeNull();
  });

  it('tells changes, and only those', () => {
    const limits = createLimits({ maxMinutes: null, maxSteps: null }, 0);
    const told: RunLimits[] = [];
    const ignore = limits.listen((changed) => told.push(changed));
    limits.change({ maxMinutes: null, maxSteps: null });
    limits.change({ maxMinutes: 1, maxSteps: null });
    limits.change({ maxMinutes: 1, maxSteps: null });
    ignore();
    limits.change({ maxMinutes: 1, maxSteps: 5 });
    expect(told).toEqual([{ timeLimitMs: 60_000, maxSteps: null }]);
    expect(limits.current).toEqual({ timeLimitMs: 60_000, maxSteps: 5 });
  });
});
