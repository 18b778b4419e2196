import { loadTorchEngine } from '@ravine/engine-torch';
import { createWorker, type Worker } from '@ravine/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkerStack, silent, smallShapes, type WorkerStack } from '../support/worker-stack.js';

const { reason } = loadTorchEngine();
if (reason !== null) console.log(`skipped: a range test by a worker; ${reason}`);

describe.skipIf(reason !== null)('a learning-rate range test', () => {
  let stack: WorkerStack;
  let worker: Worker;
  beforeAll(async () => {
    stack = await openWorkerStack();
    worker = await createWorker({ ...stack, log: silent });
  });
  afterAll(async () => {
    await worker?.stop();
    await stack?.close();
  });

  it('ends as a success where its loss diverges', async () => {
    const dataset = await stack.upload(smallShapes());
    await stack.datasetWhen(dataset, ({ status }) => status === 'ready');
    const id = await stack.submit(dataset, {
      architecture: { kind: 'softmax-regression' },
      loss: { kind: 'mse-outputs' }, // grows without bound above a rate
      optimizer: { kind: 'sgd', learningRate: 1 },
      schedule: [{ kind: 'range-test', from: 1e-6, to: 10 }],
      batchSize: 8,
      epochs: 20,
    });
    const { status, stopReason, progress } = await stack.jobWhen(id, ({ terminal }) => terminal);
    expect({ status, stopReason }).toEqual({ status: 'succeeded', stopReason: 'diverged' });
    expect(progress?.step).toBeLessThan(progress?.totalSteps ?? 0);
  });
});
