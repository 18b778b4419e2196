import { expect, test } from 'vitest';
import { retryMsAfter } from './finish.js';

test('a job whose disk is full waits longer after each attempt, five minutes at most', () => {
  const waits = [0, 1, 2, 4, 5, 11].map((fruitless) => retryMsAfter({ code: 'storage_full' }, fruitless));
  expect(waits).toEqual([15_000, 30_000, 60_000, 240_000, 300_000, 300_000]);
});

test('a job whose process was killed from outside is tried again at once', () => {
  expect(retryMsAfter({ code: 'process_killed' }, 7)).toBe(1_000);
});
