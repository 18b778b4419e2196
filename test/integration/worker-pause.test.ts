import { loadTorchEngine } from '@ravine/engine-torch';
import { deliveryKey } from '@ravine/queue';
import { createWorker, type Worker } from '@ravine/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkerStack, PROJECT, silent, smallShapes, type WorkerStack } from '../support/worker-stack.js';

const { reason } = loadTorchEngine();
if (reason !== null) console.log(`skipped: pausing a job that trains; ${reason}`);

describe.skipIf(reason !== null)('pause', () => {
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
  const ended = (id: string, status: string) => stack.jobWhen(id, (job) => job.status === status);

  it('ends a job that was paused and resumed with the weights of one that was not', async () => {
    const recipe = { preset: 'shapes', epochs: 200, batchSize: 32 } as const;
    const lastOf = async (id: string) => {
      const last = await stack.database.checkpoints.withRole(PROJECT, id, 'last');
      return last?.sha256;
    };
    const whole = await stack.submit(dataset, recipe);
    const id = await stack.submit(dataset, recipe);
    await ended(whole, 'succeeded');
    for (let pauses = 0, reached = 0; pauses < 2; pauses += 1) {
      const before = reached;
      await stack.jobWhen(
        id,
        ({ status, progress }) => status === 'running' && (progress?.step ?? 0) > before,
      );
      await stack.database.jobs.request(PROJECT, id, { verb: 'pause' });
      const { workerId } = await ended(id, 'paused');
      expect(workerId).toBeNull();
      reached = (await stack.database.jobs.lineage(PROJECT, id))?.attempts.at(-1)?.lastStep ?? 0;
      const resumed = await stack.database.jobs.request(PROJECT, id, { verb: 'resume' });
      expect(resumed).toMatchObject({ steered: { to: 'queued' } });
      const { attempt } = await stack.job(id);
      await stack.queues.enqueue('train.cpu', id, { dedupeKey: deliveryKey(id, attempt) });
    }
    const job = await ended(id, 'succeeded');
    expect(job.attempt).toBe(3);
    expect(await lastOf(id)).toBe(await lastOf(whole));
    const { attempts } = (await stack.database.jobs.lineage(PROJECT, id)) ?? { attempts: [] };
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['paused', 'paused', 'succeeded']);
    expect(attempts.map(({ resumedFrom }) => resumedFrom?.step ?? null)).toEqual([
      null,
      ...attempts.slice(0, 2).map(({ lastStep }) => lastStep),
    ]);
  });
});
