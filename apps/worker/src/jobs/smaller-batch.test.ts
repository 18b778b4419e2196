import type { Failure } from '@ravine/contracts';
import type { Database, JobClaim } from '@ravine/database';
import { Recipe, type Recovery, resolveRecipe } from '@ravine/training';
import { describe, expect, it } from 'vitest';
import type { Ending } from './ending.js';
import { orSmallerBatch } from './smaller-batch.js';

const split = { perClass: [40, 40], count: 80 };
const manifest = {
  ...{ height: 8, width: 8, channels: 1, classes: ['a', 'b'], mean: [0.5], standardDeviation: [0.2] },
  splits: { train: split },
} as unknown as JobClaim['manifest']; // what facts are made of
const facts = { id: 'ds_1', ...manifest, counts: { train: [40, 40] } };
const failure: Failure = {
  ...{ class: 'out_of_memory', code: 'engine_out_of_memory', message: 'no memory', step: 3 },
  ...{ retryable: false, evidence: { bytesAsked: 99 } },
};

async function after(recovery: Partial<Recovery>, microBatchSize: number | null, ending: Ending) {
  const { recipe } = resolveRecipe(
    Recipe.parse({ dataset: 'ds_1', architecture: { kind: 'mlp' }, batchSize: 32, recovery }),
    facts,
  );
  const shrunk: number[] = [];
  const jobs = {
    shrinkMicroBatch: async (_: string, __: number, size: number) => shrunk.push(size) > 0,
  } as unknown as Database['jobs'];
  const job = { id: 'job_1', datasetId: 'ds_1', recipe, microBatchSize };
  const claim = { job, attempt: 1, manifest } as unknown as JobClaim;
  return { ending: await orSmallerBatch(ending, claim, { jobs }), shrunk };
}
const failed: Ending = { kind: 'failed', failure };

describe('a run whose memory ran out', () => {
  it('fails with the size where the recipe has no policy', async () => {
    const { ending, shrunk } = await after({}, null, failed);
    expect(shrunk).toEqual([]);
    expect(ending).toMatchObject({
      kind: 'failed',
      failure: { class: 'out_of_memory', evidence: { batchSize: 32, microBatchSize: 32, bytesAsked: 99 } },
    });
  });

  it('goes on with half, and half of that, down to the least', async () => {
    const recovery = { outOfMemory: { minimumMicroBatchSize: 8 } };
    const first = await after(recovery, null, failed);
    expect(first.shrunk).toEqual([16]);
    expect(first.ending).toMatchObject({ kind: 'handed-back', failure: null });
    expect((await after(recovery, 16, failed)).shrunk).toEqual([8]);
    expect(await after(recovery, 8, failed)).toMatchObject({ shrunk: [], ending: { kind: 'failed' } });
  });

  it('leaves other endings alone', async () => {
    const recovery = { outOfMemory: { minimumMicroBatchSize: 1 } };
    for (const ending of [
      { kind: 'cancelled' },
      { kind: 'failed', failure: { ...failure, class: 'internal' } },
    ] as Ending[])
      expect((await after(recovery, null, ending)).ending).toBe(ending);
  });
});
