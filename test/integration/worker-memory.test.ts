import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { loadTorchEngine } from '@ravine/engine-torch';
import type { RecipeInput } from '@ravine/training';
import { describe, expect, it } from 'vitest';
import { trainingWorker } from '../support/training-worker.js';
import { childOf, PROJECT } from '../support/worker-stack.js';

const run = promisify(execFile);
const { reason } = loadTorchEngine();
if (reason !== null) console.log(`skipped: training processes whose memory runs out; ${reason}`);

/** Its first activation has 128 × 1024 × 16 × 16 numbers in fp32: 128 MiB; so have its gradients. */
const wide = {
  architecture: {
    kind: 'layers',
    layers: [
      { kind: 'conv2d', outChannels: 1024 },
      { kind: 'batch-norm' },
      { kind: 'relu' },
      { kind: 'global-average-pool' },
      { kind: 'linear', outFeatures: 'classes' },
    ],
  },
  optimizer: { kind: 'sgd', learningRate: 0.01 },
  precision: 'fp32',
  batchSize: 128,
  epochs: 1,
} satisfies Omit<RecipeInput, 'dataset'>;
const MORE_BYTES = 100 * 2 ** 20;

/** The process that waits for the next job gets so little address space more than it has. */
async function limitMemory(): Promise<void> {
  const pid = await childOf(process.pid, 'train');
  const pages = async () => Number((await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[0]);
  let before = 0;
  for (let now = await pages(); now !== before || !(await hasEngine(pid)); now = await pages()) {
    before = now;
    await sleep(500);
  }
  await run('prlimit', [`--as=${before * 4096 + MORE_BYTES}`, '--pid', String(pid)]);
}

const hasEngine = async (pid: number): Promise<boolean> =>
  (await readFile(`/proc/${pid}/maps`, 'utf8')).includes('libtorch');

describe.skipIf(reason !== null)('a training process whose memory runs out', () => {
  const own = trainingWorker();

  it('fails the job, with the size that did not fit', async () => {
    await limitMemory();
    const job = await own.ended(await own.submit(wide), 'failed');
    expect(job.failure).toMatchObject({
      class: 'out_of_memory',
      evidence: { batchSize: 128, microBatchSize: 128 },
    });
  });

  it('goes on with half the images at once where the recipe lets it', async () => {
    await limitMemory();
    const id = await own.submit({ ...wide, recovery: { outOfMemory: {} } });
    const job = await own.ended(id);
    expect(job).toMatchObject({ attempt: 2, microBatchSize: 64, recipe: { batchSize: 128 } });
    const events = await own.stack.database.events.read(id, 0, 1000);
    expect(events.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/memory ran out with 128 images at once: the job goes on with 64/),
    );
    const { series } = await own.stack.database.metrics.read(id, { names: 'train.loss' });
    expect(series[0]?.steps).toEqual(Array.from({ length: job.progress?.totalSteps ?? 0 }, (_, i) => i + 1));
    expect((await own.stack.database.jobs.lineage(PROJECT, id))?.attempts).toMatchObject([
      { outcome: 'handed_back' },
      { outcome: 'succeeded' },
    ]);
  });
});
