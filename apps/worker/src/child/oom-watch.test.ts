import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchOomKills } from './oom-watch.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Two counters, of which one cannot be read. */
function kernel() {
  let kills = 3;
  return { read: () => [0, kills], kill: () => (kills += 1) };
}

test('a kill of the last seconds is told, also where the process took some of them to end', () => {
  const { read, kill } = kernel();
  const watch = watchOomKills(read, 5_000);
  vi.advanceTimersByTime(60_000);
  expect(watch.struck()).toBe(false);
  kill();
  expect(watch.struck()).toBe(true);
  vi.advanceTimersByTime(4_999);
  expect(watch.struck()).toBe(true);
  watch.end();
});

test('one of longer ago was that of another process', () => {
  const { read, kill } = kernel();
  const watch = watchOomKills(read, 5_000);
  kill();
  vi.advanceTimersByTime(10_000);
  expect(watch.struck()).toBe(false);
  watch.end();
  expect(vi.getTimerCount()).toBe(0);
});
