import { expect, test } from 'vitest';
import { checkpointInterval } from './checkpoint-interval.js';

test('each attempt that was lost without a new checkpoint halves the time to the next one, down to a second', () => {
  const asked = { everySteps: null, everySeconds: 60 };
  const after = [0, 1, 2, 5, 6, 11].map((fruitless) => checkpointInterval(asked, fruitless).everySeconds);
  expect(after).toEqual([60, 30, 15, 1.875, 1, 1]);
});

test('what the job asks for otherwise stays as it is', () => {
  expect(checkpointInterval({ everySteps: 7, everySeconds: 1 }, 3)).toEqual({
    everySteps: 7,
    everySeconds: 1,
  });
  expect(checkpointInterval({ everySteps: 7, everySeconds: null }, 3)).toEqual({
    everySteps: 7,
    everySeconds: null,
  });
});
