import { newId } from '@ravine/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  blobKey,
  newCheckpoint,
  newModel,
  readyDataset,
  runningJob,
  type TestDatabase,
  testDatabase,
} from '../support/database.js';

let open: TestDatabase;
let database: TestDatabase['database'];
let dataset: string;

beforeAll(async () => {
  open = await testDatabase();
  database = open.database;
  dataset = await readyDataset(database);
});
afterAll(() => open.close());

const asked = (modelId: string) => ({
  members: [{ modelId, weight: 1 }],
  combination: 'logits' as const,
  testTimeAugmentation: 'none' as const,
});

describe('models and predictions', () => {
  const model = async (project = 'default') => {
    const { id, attempt } = await runningJob(database, dataset);
    const checkpoint = newCheckpoint(1, ['last']);
    await database.checkpoints.record(id, attempt, checkpoint);
    return database.models.create(project, newModel(checkpoint.id));
  };

  test('a model is kept and listed', async () => {
    const made = await model();
    expect(made).toMatchObject({
      object: 'model',
      classes: ['cat', 'd,"o\\g'],
      parameterCount: 12_833_803,
      bytes: 10,
    });
    expect(await database.models.get('default', made.id)).toEqual(made);
    expect(await database.models.get('other', made.id)).toBeNull();
    await model();
    const first = await database.models.list('default', { limit: 1 });
    expect(first.hasMore).toBe(true);
    const rest = await database.models.list('default', { limit: 200, cursor: first.nextCursor! });
    expect(rest.data.map(({ id }) => id)).not.toContain(first.data[0]!.id);
    expect((await database.models.list('default', { limit: 5, jobId: made.jobId })).data).toEqual([made]);
    expect((await database.models.list('other', { limit: 5 })).data).toEqual([]);
    await expect(database.models.list('default', { limit: 5, cursor: 'nope' })).rejects.toMatchObject({
      code: 'validation_failed',
    });
  });

  test('a prediction is computed once and answered', async () => {
    const { id: modelId } = await model();
    const images = [{ fileName: 'a\u0000.png', key: blobKey('image') }];
    const id = await database.predictions.create('default', { ...asked(modelId), images, topK: 3 });
    expect(await database.predictions.get('default', id)).toEqual({
      status: 'queued',
      modelId,
      results: null,
      evaluation: null,
      error: null,
      seconds: null,
    });
    expect(await database.predictions.get('other', id)).toBeNull();
    expect(await database.predictions.stale(-1000)).toContain(id);
    const claims = await Promise.all(
      Array.from({ length: 8 }, () => database.predictions.claim(id, newId('wkr'))),
    );
    expect(claims.filter(Boolean)).toMatchObject([
      { id, project: 'default', topK: 3, members: [{ model: { id: modelId }, weight: 1 }] },
    ]);
    expect(claims.find(Boolean)?.images).toEqual([{ fileName: 'a\ufffd.png', key: blobKey('image') }]);
    expect(await database.predictions.stale(-1000)).not.toContain(id);
    const results = [{ fileName: 'a', classes: [{ label: 0, class: 'cat', probability: 1 }], error: null }];
    const finishes = await Promise.all(
      [1, 2, 3].map((seconds) => database.predictions.finish(id, { results, seconds })),
    );
    expect(finishes.filter(Boolean)).toHaveLength(1);
    expect(await database.predictions.get('default', id)).toMatchObject({
      status: 'done',
      results,
      error: null,
    });
    expect(await database.predictions.claim(id, newId('wkr'))).toBeNull();
  });

  test('an error is an answer too', async () => {
    const { id: modelId } = await model();
    const id = await database.predictions.create('default', { ...asked(modelId), images: [], topK: 1 });
    const error = { code: 'engine_unavailable', message: 'no' };
    expect(await database.predictions.finish(id, { error })).toBe(true);
    expect(await database.predictions.get('default', id)).toMatchObject({
      status: 'done',
      results: null,
      error,
    });
    await expect(
      database.predictions.create('other', { ...asked(modelId), images: [], topK: 1 }),
    ).rejects.toMatchObject({ code: 'model_not_found' });
  });

  test('an image blob is let go of with the last row that names it', async () => {
    const { id: modelId } = await model();
    const [alone, shared] = [blobKey('alone'), blobKey('shared')];
    const create = (keys: string[]) =>
      database.predictions.create('default', {
        ...asked(modelId),
        images: keys.map((key) => ({ fileName: key, key })),
        topK: 1,
      });
    const old = await create([alone, shared]);
    await database.pool.query(
      `update predictions set created_at = now() - interval '2 hours' where id = $1`,
      [old],
    );
    const kept = await create([shared]);
    expect(await database.predictions.expire(3_600_000)).toEqual({ ids: [old], keys: [alone] });
    expect(await database.predictions.get('default', kept)).not.toBeNull();
    expect(await database.unreferenced([alone, shared])).toEqual([alone]);
  });
});
