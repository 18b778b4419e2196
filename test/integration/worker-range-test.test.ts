import { loadTorchEngine } from '@ravine/engine-torch';
import { describe, expect, it } from 'vitest';
import { trainingWorker } from '../support/training-worker.js';

const { reason } = loadTorchEngine();
if (reason !== null) console.log(`skipped: a range test by a worker; ${reason}`);

describe.skipIf(reason !== null)('a learning-rate range test', () => {
  const own = trainingWorker();

  it('ends as a success where its loss diverges', async () => {
    const id = await own.submit({
      architecture: { kind: 'softmax-regression' },
      loss: { kind: 'mse-outputs' }, // grows without bound above a rate
      optimizer: { kind: 'sgd', learningRate: 1 },
      schedule: [{ kind: 'range-test', from: 1e-6, to: 10 }],
      batchSize: 8,
      epochs: 20,
    });
    const { status, stopReason, progress } = await own.stack.jobWhen(id, ({ terminal }) => terminal);
    expect({ status, stopReason }).toEqual({ status: 'succeeded', stopReason: 'diverged' });
    expect(progress?.step).toBeLessThan(progress?.totalSteps ?? 0);
  });
});
