import { expect, test } from 'vitest';
import { checkpointSeconds } from './checkpoint-seconds.js';

test('each attempt that was lost without a new checkpoint halves the time to the next one, down to a second', () => {
  const after = [0, 1, 2, 5, 6, 11].map((fruitless) => checkpointSeconds(60, fruitless));
  expect(after).toEqual([60, 30, 15, 1.875, 1, 1]);
});

test('a job that wants none by time gets none', () => {
  expect(checkpointSeconds(null, 3)).toBeNull();
});
