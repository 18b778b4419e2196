import { loadTorchEngine } from '@ravine/engine-torch';
import type { RecipeInput } from '@ravine/training';
import { createWorker, type Worker } from '@ravine/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childOf, openWorkerStack, silent, smallShapes, type WorkerStack } from '../support/worker-stack.js';

const { reason } = loadTorchEngine();
if (reason !== null) console.log(`skipped: training processes that end before their time; ${reason}`);

const short = { preset: 'shapes', epochs: 2, batchSize: 32 } satisfies Omit<RecipeInput, 'dataset'>;
const endless = { ...short, epochs: 100_000 };

describe.skipIf(reason !== null)('a training process that ends before its time', () => {
  let stack: WorkerStack;
  let worker: Worker;
  let dataset: string;
  beforeAll(async () => {
    stack = await openWorkerStack();
    worker = await createWorker({ ...stack, log: silent });
    dataset = await stack.upload(smallShapes());
    await stack.datasetWhen(dataset, ({ status }) => status === 'ready');
  });
  afterAll(async () => {
    await worker?.stop();
    await stack?.close();
  });
  const running = (id: string) => stack.jobWhen(id, ({ progress }) => (progress?.step ?? 0) > 0);
  const ended = (id: string, status: string) => stack.jobWhen(id, (job) => job.status === status);

  it('goes on with a job whose process somebody killed', async () => {
    const id = await stack.submit(dataset, { ...short, epochs: 100 });
    await running(id);
    process.kill(await childOf(process.pid, 'train'), 'SIGKILL');
    const job = await ended(id, 'succeeded');
    expect(job.attempt).toBe(2);
    expect(job.transitions.map(({ reason }) => reason)).toContain(
      'the training process was ended from outside by SIGKILL',
    );
  });

  it('fails a job whose process crashes, tells how, and lives on', async () => {
    const id = await stack.submit(dataset, endless);
    await running(id);
    process.kill(await childOf(process.pid, 'train'), 'SIGSEGV');
    const job = await ended(id, 'failed');
    expect(job.failure).toMatchObject({
      class: 'internal',
      code: 'engine_crashed',
      evidence: { signal: 'SIGSEGV' },
    });
    expect(job.failure?.step).toBeGreaterThan(0);
    await ended(await stack.submit(dataset, { ...short, epochs: 1 }), 'succeeded');
  });
});
