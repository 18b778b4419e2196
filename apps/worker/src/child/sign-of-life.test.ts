import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FROZEN_AFTER_MS, giveSignsOfLife, isSignOfLife, watchForLife } from './sign-of-life.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('watchForLife', () => {
  it('tells of a child that is silent for too long, once', () => {
    const onFrozen = vi.fn();
    watchForLife(onFrozen);
    vi.advanceTimersByTime(FROZEN_AFTER_MS);
    expect(onFrozen).not.toHaveBeenCalled();
    vi.advanceTimersByTime(FROZEN_AFTER_MS);
    expect(onFrozen).toHaveBeenCalledTimes(1);
  });

  it('counts from the last sign of life, and no more after the end', () => {
    const onFrozen = vi.fn();
    const watch = watchForLife(onFrozen);
    for (let i = 0; i < 10; i++) {
      vi.advanceTimersByTime(FROZEN_AFTER_MS);
      watch.heard();
    }
    watch.end();
    vi.advanceTimersByTime(3 * FROZEN_AFTER_MS);
    expect(onFrozen).not.toHaveBeenCalled();
  });
});

describe('giveSignsOfLife', () => {
  it('says several times that the child lives before its parent gives it up', () => {
    const said: unknown[] = [];
    vi.stubGlobal('process', { send: (message: unknown) => said.push(message) });
    giveSignsOfLife();
    vi.advanceTimersByTime(FROZEN_AFTER_MS / 2);
    vi.unstubAllGlobals();
    expect(said.length).toBeGreaterThan(10);
    expect(said.every(isSignOfLife)).toBe(true);
  });
});
