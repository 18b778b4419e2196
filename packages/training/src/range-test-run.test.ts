import { describe, expect, it } from 'vitest';
import { toyRun } from '../test/toy-run.js';
import { judgeRangeTest } from './range-test.js';
import type { RecipeInput } from './recipe.js';

const PER_EPOCH = 36;
const options: Partial<RecipeInput> = {
  architecture: { kind: 'softmax-regression' },
  loss: { kind: 'mse-outputs' }, // grows without bound above a rate
  optimizer: { kind: 'sgd', learningRate: 1 },
  schedule: [{ kind: 'range-test', from: 1e-4, to: 10 }],
  validation: { fraction: 0.2 },
  batchSize: 1,
  epochs: 10,
  seed: 3,
};
const whole = toyRun(options);

describe('a range test that diverges', () => {
  it('ends itself as a success at the step that shows it, and judges the weights of then', async () => {
    const { outcome, losses, rates, epochs } = await whole;
    const steps = losses.length;
    expect(steps).toBeLessThan(options.epochs! * PER_EPOCH);
    expect(steps % PER_EPOCH).not.toBe(0); // or the end of an epoch could have ended it
    expect(outcome).toMatchObject({
      status: 'succeeded',
      stopReason: 'diverged',
      steps,
      epochs: Math.ceil(steps / PER_EPOCH),
      evaluation: { split: 'test', samples: 12 },
    });
    expect(epochs.at(-1)).toMatchObject({ epoch: Math.ceil(steps / PER_EPOCH), step: steps });
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(judgeRangeTest(rates, losses)).toMatchObject({ divergedAt: rates.at(-1) });
    expect(judgeRangeTest(rates.slice(0, -1), losses.slice(0, -1))).toMatchObject({ divergedAt: null });
  });

  it('ends there too when it was interrupted, at the last steps and in the validation after them', async () => {
    const { outcome, losses, last } = await whole;
    for (const stopAtStep of [1, PER_EPOCH, losses.length - 1]) {
      const first = await toyRun(options, { stopAtStep });
      expect(first.outcome).toMatchObject({ status: 'stopped', step: stopAtStep });
      const second = await toyRun(options, { resume: first.last('last') });
      expect([...first.losses, ...second.losses]).toEqual(losses);
      expect(second.outcome).toEqual(outcome);
      expect(second.last('last')).toEqual(last('last'));
    }
    const controller = new AbortController();
    let steps = 0;
    const first = await toyRun(options, {
      signal: controller.signal,
      report: (report) => {
        if (report.type === 'steps') steps = report.firstStep;
        if (report.type === 'phase' && report.phase === 'validating' && steps === losses.length)
          controller.abort();
      },
    });
    expect(first.outcome).toMatchObject({ status: 'stopped', step: losses.length });
    const second = await toyRun(options, { resume: first.last('last') });
    expect(second.losses).toEqual([]);
    expect(second.outcome).toEqual(outcome);
  });
});

it('a range test that does not diverge runs to its end, and so does another schedule that does', async () => {
  const calm = await toyRun({ ...options, schedule: [{ kind: 'range-test', to: 1e-3 }] });
  expect(calm.outcome).toMatchObject({ stopReason: 'completed', steps: 10 * PER_EPOCH });
  const other = await toyRun({
    ...options,
    schedule: [
      { kind: 'range-test', from: 1e-4, to: 0.2, for: { steps: 200 } },
      { kind: 'constant', factor: 1e-3 },
    ],
  });
  expect(judgeRangeTest(other.rates, other.losses)?.divergedAt).toEqual(expect.any(Number));
  expect(other.outcome).toMatchObject({ stopReason: 'completed', steps: 10 * PER_EPOCH });
});
