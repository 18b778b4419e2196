import { readdir, truncate } from 'node:fs/promises';
import path from 'node:path';
import type { Checkpoint } from '@ravine/contracts';
import { loadTorchEngine } from '@ravine/engine-torch';
import { decodeCheckpoint, encodeCheckpoint } from '@ravine/training';
import { describe, expect, it } from 'vitest';
import { trainingWorker } from '../support/training-worker.js';
import { PROJECT } from '../support/worker-stack.js';

const { reason } = loadTorchEngine();
if (reason !== null) console.log(`skipped: checkpoints of jobs that train; ${reason}`);

const recipe = { preset: 'shapes', epochs: 40, batchSize: 32 } as const;
const long = { ...recipe, epochs: 100_000 };
const checkpoints = { everySteps: 2, everySeconds: null, keepLast: 3 };

describe.skipIf(reason !== null)('checkpoints of a job that trains', () => {
  const own = trainingWorker();
  const { submit, ended, last } = own;

  const resumable = async (id: string): Promise<Checkpoint[]> =>
    ((await own.stack.database.checkpoints.list(PROJECT, id)) ?? []).filter(
      ({ roles }) => roles.includes('last') || roles.includes('previous'),
    );
  const eventsOf = async (id: string, type: string) =>
    (await own.stack.database.events.read(id, 0, 1000)).filter((event) => event.type === type);
  const cut = async ({ sha256 }: Checkpoint, bytes: number) => {
    const files = await readdir(own.stack.folder, { recursive: true });
    const file = files.find((name) => path.basename(name) === sha256);
    await truncate(path.join(own.stack.folder, file ?? 'no such blob'), bytes);
  };
  /** Pauses the job once it has three checkpoints; newest first. */
  async function pausedWithThree(id: string): Promise<Checkpoint[]> {
    await expect.poll(async () => (await resumable(id)).length, { timeout: 60_000 }).toBe(3);
    await own.pause(id);
    return resumable(id);
  }
  /** Resumes a job that has no end, and ends it once it trains. */
  async function tryAgain(id: string) {
    await own.resume(id);
    await own.stack.jobWhen(id, ({ attempt, phase }) => attempt === 2 && phase === 'training');
    await own.cancelNow(id);
  }

  it('falls back past one that was cut off and one that is no checkpoint, and ends with the same weights', async () => {
    const id = await submit(long, { checkpoints });
    const [newest, second, third] = await pausedWithThree(id);
    expect(newest?.roles).toEqual(['last']);
    await cut(newest!, 1000);
    const garbage = await own.stack.storage.put(Buffer.from('no checkpoint, but whole'));
    await own.stack.database.pool.query('update checkpoints set sha256 = $2 where id = $1', [
      second?.id,
      garbage.key,
    ]);
    const maxSteps = (newest?.step ?? 0) + 20;
    await own.stack.database.pool.query('update jobs set max_steps = $2 where id = $1', [id, maxSteps]);
    await own.resume(id);
    expect((await ended(id)).attempt).toBe(2);
    expect(await eventsOf(id, 'checkpoint_rejected')).toMatchObject([
      { level: 'warning', data: { checkpointId: newest?.id, step: newest?.step } },
      { level: 'warning', data: { checkpointId: second?.id, why: expect.stringContaining('safetensors') } },
    ]);
    expect(await eventsOf(id, 'resumed')).toMatchObject([{ data: { step: third?.step } }]);
    const undisturbed = await submit(long, { maxSteps });
    await ended(undisturbed, 'succeeded');
    expect((await last(id)).sha256).toBe((await last(undisturbed)).sha256);
    const { series } = await own.stack.database.metrics.read(id, { names: 'train.loss' });
    expect(series[0]?.steps).toEqual(Array.from({ length: maxSteps }, (_, i) => i + 1));
  });

  it('begins anew, and says so, when none is left', async () => {
    const id = await submit(long, { checkpoints });
    const [newest, second, third] = await pausedWithThree(id);
    await cut(newest!, 0);
    await own.stack.storage.delete(second?.sha256 ?? '');
    await cut(third!, 77);
    await tryAgain(id);
    const events = await eventsOf(id, 'checkpoint_rejected');
    expect(events.map(({ level }) => level)).toEqual(['warning', 'warning', 'error']);
    expect(events.at(-1)?.message).toContain('training starts anew');
    expect(await eventsOf(id, 'resumed')).toEqual([]);
  });

  it('refuses one of another recipe', async () => {
    const id = await submit(long, { checkpoints });
    await pausedWithThree(id);
    await own.stack.database.pool.query(
      `update jobs set recipe = jsonb_set(recipe, '{seed}', '5'), recipe_hash = 'other' where id = $1`,
      [id],
    );
    await tryAgain(id);
    const events = await eventsOf(id, 'checkpoint_rejected');
    expect(events.map(({ data }) => data.why)).toEqual(Array(3).fill('it belongs to another recipe'));
  });

  it('are resumed by the hash that the job was stored with', async () => {
    const id = await submit(long, { checkpoints, recipeHash: 'as it was made then' });
    await pausedWithThree(id);
    await tryAgain(id);
    expect(await eventsOf(id, 'checkpoint_rejected')).toEqual([]);
    expect(await eventsOf(id, 'resumed')).toHaveLength(1);
  });

  it('are gone on from under another build of the engine, with a warning', async () => {
    const id = await submit(long, { checkpoints });
    const [newest] = await pausedWithThree(id);
    const { metadata, tensors } = decodeCheckpoint(await own.stack.storage.read(newest?.sha256 ?? ''));
    const build = 'torch 1.0';
    const { key } = await own.stack.storage.put(
      encodeCheckpoint({ metadata: { ...metadata, build }, tensors }),
    );
    await own.stack.database.pool.query('update checkpoints set sha256 = $2 where id = $1', [
      newest?.id,
      key,
    ]);
    await tryAgain(id);
    expect(await eventsOf(id, 'resumed')).toMatchObject([{ data: { step: newest?.step } }]);
    const [warning] = await eventsOf(id, 'warning');
    expect(warning?.message).toMatch(/^the run began under another build of the engine \(torch 1\.0; now /);
  });

  it('goes back after numbers that are not finite, and leaves each step once in the metrics', async () => {
    const id = await submit({
      architecture: { kind: 'softmax-regression' },
      optimizer: { kind: 'sgd', learningRate: 1000, weightDecay: 1 },
      recovery: { nonFinite: { learningRateFactor: 1e-6 } },
      batchSize: 32,
      epochs: 8,
    });
    await ended(id, 'succeeded');
    const [first] = await eventsOf(id, 'rollback');
    expect(first).toMatchObject({ level: 'warning', data: { rollbacks: 1 } });
    const { series } = await own.stack.database.metrics.read(id, { names: 'train.loss,learningRate' });
    for (const { steps } of series) expect(steps).toEqual(Array.from({ length: 48 }, (_, i) => i + 1));
    const rates = series.find(({ name }) => name === 'learningRate');
    expect(rates?.values.at(-1)).toBeLessThan(1);
    expect(rates?.values[0]).toBe(1000);
  });

  it('trains with the micro-batch that the job was cut down to', async () => {
    const id = await submit({ ...recipe, epochs: 1 }, { checkpoints });
    const first = await ended(id, 'succeeded');
    expect(first.microBatchSize).toBeNull();
    await own.worker.stop();
    const cutDown = await submit({ ...recipe, epochs: 1 });
    await own.stack.database.pool.query('update jobs set micro_batch_size = 8 where id = $1', [cutDown]);
    await own.restart();
    const job = await ended(cutDown, 'succeeded');
    expect(job).toMatchObject({ microBatchSize: 8, progress: { step: 6 } });
    expect((await last(cutDown)).sha256).not.toBe((await last(id)).sha256);
  });
});
