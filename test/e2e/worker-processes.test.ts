import { readFile } from 'node:fs/promises';
import { loadTorchEngine } from '@ravine/engine-torch';
import type { RecipeInput } from '@ravine/training';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  childOf,
  openWorkerStack,
  PROJECT,
  smallShapes,
  startWorkerProcess,
  type WorkerProcess,
  type WorkerStack,
} from '../support/worker-stack.js';

const { reason } = loadTorchEngine();
if (reason !== null) console.log(`skipped: worker processes that train; ${reason}`);

const long = { preset: 'shapes', epochs: 60, batchSize: 32 } satisfies Omit<RecipeInput, 'dataset'>;

describe('worker processes', () => {
  let stack: WorkerStack;
  let dataset: string;
  const started: WorkerProcess[] = [];
  const start = async (more: Record<string, string | undefined> = {}): Promise<WorkerProcess> => {
    const worker = await startWorkerProcess({
      ...stack.environment,
      RAVINE_LOST_AFTER_SECONDS: '10',
      ...more,
    });
    started.push(worker);
    return worker;
  };
  const end = async (worker: WorkerProcess, signal: NodeJS.Signals) => {
    process.kill(worker.pid, signal);
    return worker.exited;
  };
  const resumptions = async (job: string) =>
    (await stack.database.events.read(job, 0, 1000)).filter(({ type }) => type === 'resumed');
  const lossSteps = async (job: string) => {
    const { series } = await stack.database.metrics.read(job, { names: 'train.loss' });
    return series[0]?.steps;
  };

  beforeAll(async () => {
    stack = await openWorkerStack();
    const worker = await start();
    dataset = await stack.upload(smallShapes());
    await stack.datasetWhen(dataset, ({ status }) => status === 'ready');
    await end(worker, 'SIGTERM');
  });
  afterEach(async () => {
    // What a failed test leaves must not keep the next worker busy.
    const { data } = await stack.database.jobs.list(PROJECT, { limit: 200 });
    for (const { id } of data)
      await stack.database.jobs.request(PROJECT, id, { verb: 'cancel', mode: 'now' });
    for (const worker of started.splice(0)) {
      try {
        process.kill(worker.pid, 'SIGKILL');
      } catch {
        // it is gone, as it should be
      }
      await worker.exited;
    }
  });
  afterAll(() => stack?.close());

  it('says which variables are missing or wrong, and ends', async () => {
    const worker = await start({
      DATABASE_URL: undefined,
      RAVINE_THREADS: 'many',
      RAVINE_CACHE_GIB: '', // not set
      RAVINE_LOG_LEVEL: 'loud',
    });
    expect((await worker.exited).code).toBe(1);
    for (const said of [/DATABASE_URL/, /RAVINE_THREADS: must be a whole number/, /RAVINE_LOG_LEVEL: /])
      await expect.poll(() => worker.output()).toMatch(said); // what it said last may come after its end
    expect(worker.output()).not.toMatch(/RAVINE_CACHE_GIB/);
  });

  describe.skipIf(reason !== null)('that train', () => {
    it('leave a job to the worker that has an engine, also while there is none', async () => {
      const packer = await start({ RAVINE_ENGINE_TORCH: 'off' });
      const id = await stack.submit(dataset, { ...long, epochs: 1 });
      await expect.poll(() => packer.output(), { timeout: 20_000 }).toContain('worker is ready');
      await stack.datasetWhen(await stack.upload(smallShapes()), ({ status }) => status === 'ready');
      expect(await stack.job(id)).toMatchObject({ status: 'queued', attempt: 0 });
      const able = await start();
      await stack.jobWhen(id, ({ status }) => status === 'succeeded');
      expect((await end(able, 'SIGTERM')).code).toBe(0);
    });

    it.each([
      [
        'Ctrl-C, which reaches its children too',
        (worker: WorkerProcess) => process.kill(-worker.pid, 'SIGINT'),
      ],
      ['the end of its parent', (worker: WorkerProcess) => worker.disconnect()],
    ])('hand a job back at %s', async (_, stop) => {
      const worker = await start();
      const id = await stack.submit(dataset, { ...long, epochs: 2000 });
      await stack.jobWhen(id, ({ progress }) => (progress?.step ?? 0) > 0);
      stop(worker);
      expect((await worker.exited).code).toBe(0);
      const job = await stack.job(id);
      expect(job).toMatchObject({ status: 'queued', workerId: null });
      const last = await stack.database.checkpoints.withRole(PROJECT, id, 'last');
      expect(last?.step).toBeGreaterThanOrEqual(job.progress?.step ?? Number.POSITIVE_INFINITY);
    });

    it('say that they begin anew because the checkpoint is lost', async () => {
      const worker = await start();
      const id = await stack.submit(dataset, { ...long, epochs: 2000 });
      await stack.jobWhen(id, ({ progress }) => (progress?.step ?? 0) > 0);
      await end(worker, 'SIGTERM');
      const last = await stack.database.checkpoints.withRole(PROJECT, id, 'last');
      for (const { sha256 } of (await stack.database.checkpoints.list(PROJECT, id)) ?? [])
        await stack.storage.delete(sha256);
      await start();
      await stack.jobWhen(id, ({ attempt, phase }) => attempt === 2 && phase === 'training');
      const events = await stack.database.events.read(id, 0, 1000);
      const rejected = events.filter(({ type }) => type === 'checkpoint_rejected');
      expect(rejected.at(0)).toMatchObject({ data: { checkpointId: last?.id, step: last?.step } });
      expect(rejected.at(-1)).toMatchObject({
        level: 'error',
        message: expect.stringContaining('training starts anew'),
      });
      await expect.poll(async () => (await lossSteps(id))?.slice(0, 2)).toEqual([1, 2]);
    });

    it('end at once when they are asked twice', async () => {
      const worker = await start();
      const id = await stack.submit(dataset, { ...long, epochs: 2000 });
      await stack.jobWhen(id, ({ progress }) => (progress?.step ?? 0) > 0);
      const child = await childOf(worker.pid, 'train');
      process.kill(child, 'SIGSTOP'); // it cannot write its checkpoint
      process.kill(worker.pid, 'SIGTERM');
      await expect.poll(() => worker.output()).toContain('asked to stop');
      expect((await end(worker, 'SIGTERM')).code).toBe(1);
      await expect.poll(() => isAlive(child)).toBe(false);
    });

    it('hand a job back at SIGTERM, with a checkpoint from which another goes on', async () => {
      const first = await start();
      const id = await stack.submit(dataset, { ...long, epochs: 2000 });
      await stack.jobWhen(id, ({ progress }) => (progress?.step ?? 0) > 20);
      expect((await end(first, 'SIGTERM')).code).toBe(0);
      const handedBack = await stack.job(id);
      expect(handedBack).toMatchObject({ status: 'queued', attempt: 1, workerId: null });
      const rows = await stack.database.workers.list();
      expect(rows.map(({ processId }) => processId)).not.toContain(first.pid);
      const last = await stack.database.checkpoints.withRole(PROJECT, id, 'last');
      expect(last?.step).toBeGreaterThanOrEqual(handedBack.progress?.step ?? Number.POSITIVE_INFINITY);

      await start();
      await stack.jobWhen(
        id,
        ({ attempt, progress }) => attempt === 2 && (progress?.step ?? 0) > (last?.step ?? 0),
      );
      expect(await resumptions(id)).toMatchObject([{ data: { step: last?.step } }]);
      await stack.database.jobs.request(PROJECT, id, { verb: 'cancel', mode: 'now' });
      await stack.jobWhen(id, ({ status }) => status === 'cancelled');
    });

    it('go on with the job of a worker that was killed, and its training process dies with it', async () => {
      const first = await start();
      const id = await stack.submit(dataset, { ...long, epochs: 80 });
      await stack.jobWhen(id, ({ progress }) => (progress?.epoch ?? 0) > 3);
      const child = await childOf(first.pid, 'train');
      await end(first, 'SIGKILL');
      await expect.poll(() => isAlive(child)).toBe(false);

      await start();
      const job = await stack.jobWhen(id, ({ status }) => status === 'succeeded');
      expect(job).toMatchObject({ attempt: 2, stopReason: 'completed' });
      expect(await resumptions(id)).toHaveLength(1);
      expect(await lossSteps(id)).toEqual(Array.from({ length: 480 }, (_, i) => i + 1));
    });
  });
});

/** A process that ended and was not waited for yet is not alive. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State: gone');
  return !/^State:\s*(gone|Z|X)/m.test(status);
}
