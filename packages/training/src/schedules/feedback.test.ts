import { expect, it } from 'vitest';
import { toyRun } from '../../test/toy-run.js';
import type { TrainingRun } from '../training-run.js';

/** Four epochs of four steps; the learning rates of the steps and the last checkpoint. */
async function go(run: Partial<TrainingRun> = {}) {
  const { rates, last } = await toyRun(
    {
      architecture: { kind: 'mlp', hidden: [6] },
      validation: { fraction: 0.2 },
      epochs: 4,
      schedule: [
        {
          kind: 'product',
          of: [
            { kind: 'warmup-until', metric: 'train.loss', reaches: 1000 },
            { kind: 'reduce-on-plateau', patience: 0, factor: 0.5, threshold: 0.9 },
          ],
        },
      ],
    },
    run,
  );
  return { rates, last: last('last') };
}

it('a tenth until the first result, then all of it, halved at each epoch that is not ten times better', async () => {
  const { rates } = await go();
  expect(rates).toEqual([0.1, 1, 0.5, 0.25].flatMap((level) => Array(4).fill(0.02 * level)));
});

it.each([3, 4, 7, 12, 15])('goes on exactly after a stop at step %d', async (stopAtStep) => {
  const whole = await go();
  const first = await go({ stopAtStep });
  const second = await go({ resume: first.last });
  expect([...first.rates, ...second.rates]).toEqual(whole.rates);
  expect(second.last).toEqual(whole.last);
});
