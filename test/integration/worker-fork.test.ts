import { type ForkedState, newId } from '@ravine/contracts';
import { loadTorchEngine } from '@ravine/engine-torch';
import { decodeCheckpoint, type RecipeInput } from '@ravine/training';
import { beforeAll, describe, expect, it } from 'vitest';
import { trainingWorker } from '../support/training-worker.js';
import { PROJECT } from '../support/worker-stack.js';

const { reason } = loadTorchEngine();
if (reason !== null) console.log(`skipped: forks that train; ${reason}`);

const recipe = (epochs: number) =>
  ({
    ...{
      architecture: { kind: 'mlp' },
      optimizer: { kind: 'adam', learningRate: 1e-3 },
      batchSize: 32,
      epochs,
    },
    augmentation: [{ kind: 'horizontal-flip' }],
  }) satisfies Omit<RecipeInput, 'dataset'>;

describe.skipIf(reason !== null)('a fork', () => {
  const own = trainingWorker();
  const { submit, ended, last } = own;
  let origin: string;
  beforeAll(async () => {
    origin = await submit(recipe(2));
    await ended(origin);
  });
  const tensorsOf = async (id: string) =>
    decodeCheckpoint(await own.stack.storage.read((await last(id)).sha256)).tensors;

  async function fork(change: Omit<RecipeInput, 'dataset'>, kept: ForkedState, of = origin): Promise<string> {
    const { id: checkpointId, step } = await last(of);
    return submit(change, { fork: { jobId: of, checkpointId, step, ...kept } });
  }

  it('that keeps the state ends with the weights of a run that was as long from the start', async () => {
    const whole = await submit(recipe(4));
    const forked = await fork(recipe(4), { keep: 'state', schedule: true, best: true });
    await ended(whole);
    const job = await ended(forked);
    const { step } = await last(origin);
    expect(job).toMatchObject({ fork: { jobId: origin, step, keep: 'state' }, attempt: 1 });
    expect(await tensorsOf(forked)).toEqual(await tensorsOf(whole));
    const { series } = await own.stack.database.metrics.read(forked, { names: 'train.loss' });
    expect(series[0]?.steps).toEqual(Array.from({ length: step }, (_, i) => step + 1 + i));
    const lineage = await own.stack.database.jobs.lineage(PROJECT, forked);
    const { id: checkpointId, sha256 } = await last(origin);
    expect(lineage?.attempts).toMatchObject([{ resumedFrom: { checkpointId, step, sha256 } }]);
    const forks = (await own.stack.database.jobs.lineage(PROJECT, origin))?.forks;
    expect(forks).toEqual([{ jobId: forked, checkpointId }]);
  });

  it('that keeps the weights begins with them at the first step', async () => {
    const still = { ...recipe(1), optimizer: { kind: 'sgd', learningRate: 1e-12 } } as const;
    const job = await ended(await fork(still, { keep: 'weights', schedule: false, best: false }));
    const [before, after] = [await tensorsOf(origin), await tensorsOf(job.id)];
    expect(job.progress?.step).toBe(6);
    for (const [name, { data }] of after) {
      if (!name.startsWith('model.')) continue;
      const values = before.get(name)?.data ?? [];
      expect(
        data.every((value, i) => Math.abs(value - (values[i] as number)) < 1e-6),
        name,
      ).toBe(true);
    }
  });

  it('fails and says why when its beginning is lost; the checkpoint of a fork is never cleared away', async () => {
    const base = await submit(recipe(1));
    await ended(base);
    const kept = await last(base);
    await own.worker.stop();
    const forked = await fork(recipe(3), { keep: 'state', schedule: true, best: true }, base);
    const attempt = await own.stack.database.jobs.claim(base, newId('wkr'));
    expect(attempt).toBeNull(); // it has ended
    expect(await own.stack.database.checkpoints.get(PROJECT, base, kept.id)).not.toBeNull();
    await own.stack.storage.delete(kept.sha256);
    await own.restart();
    const job = await ended(forked, 'failed');
    expect(job.failure).toMatchObject({
      class: 'data',
      code: 'checkpoint_corrupt',
      evidence: { checkpointId: kept.id },
    });
  });
});
