import { newId } from '@ravine/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { multipart, readyDataset, registerWorker, testApi } from '../../support/api.js';
import { checkpointBytes, jobWithFiles } from '../../support/job-files.js';

let api: Awaited<ReturnType<typeof testApi>>;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api?.close());

describe('predictions', () => {
  const png = { name: 'file', value: 'image bytes', fileName: 'a.png' };
  const predict = (modelId: string, files = [png], query = '') =>
    api.app.inject({ method: 'POST', url: `/v1/models/${modelId}/predict${query}`, ...multipart(files) });
  const ensemble = (fields: Record<string, string>) => {
    const parts = Object.entries(fields).map(([name, value]) => ({ name, value }));
    return api.app.inject({ method: 'POST', url: '/v1/ensembles/predict', ...multipart([...parts, png]) });
  };
  let modelId: string;
  let jobWorker: string;
  beforeAll(async () => {
    const { jobId, workerId } = await jobWithFiles(api);
    jobWorker = workerId;
    modelId = (await api.app.inject({ method: 'POST', url: '/v1/models', payload: { jobId } })).json().id;
    for (const { id } of await api.database.workers.list()) await api.database.workers.remove(id);
  });

  test('without a worker it is refused and the images are gone', async () => {
    const answer = await predict(modelId);
    expect(answer.json()).toMatchObject({ status: 503, code: 'engine_unavailable' });
    expect(await countBlobs('image bytes')).toBe(0);
  });

  test('the worker’s answer is returned, and neither row nor image stays', async () => {
    const worker = await registerWorker(api);
    const seen: { topK: number; fileNames: string[] }[] = [];
    const consumer = await api.queues.consume(
      'predict',
      async ({ id }) => {
        const claim = await api.database.predictions.claim(id, worker);
        if (!claim) return 'done';
        seen.push({ topK: claim.topK, fileNames: claim.images.map(({ fileName }) => fileName) });
        const outcome = claim.images.some(({ fileName }) => fileName === 'bad.png')
          ? { error: { code: 'image_invalid', message: 'bad.png is not an image' } }
          : {
              results: claim.images.map(({ fileName }) => ({
                fileName,
                classes: [{ label: 0, class: 'circle', probability: 1 }],
                error: null,
              })),
              seconds: 1,
            };
        await api.database.predictions.finish(id, outcome);
        return 'done';
      },
      { concurrency: 4 },
    );
    const answer = await predict(modelId, [png, { ...png, fileName: 'b.png', value: 'other' }], '?topK=50');
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.json().results.map(({ fileName }: { fileName: string }) => fileName)).toEqual([
      'a.png',
      'b.png',
    ]);
    expect(seen).toEqual([{ topK: 3, fileNames: ['a.png', 'b.png'] }]);
    expect(await countBlobs('image bytes')).toBe(0);

    const noViews = await predict(modelId, [png], '?testTimeAugmentation=recipe');
    expect(noViews.json()).toMatchObject({
      status: 422,
      errors: [{ pointer: '/query/testTimeAugmentation', code: 'no_views' }],
    });
    const { jobId } = await jobWithFiles(api);
    const other = (await api.app.inject({ method: 'POST', url: '/v1/models', payload: { jobId } })).json();
    const models = [modelId, other.id];
    const together = await ensemble({
      models: JSON.stringify(models),
      weights: '[3, 1]',
      combination: 'vote',
    });
    expect(together.statusCode, together.body).toBe(200);
    expect(together.json()).toMatchObject({
      object: 'prediction',
      combination: 'vote',
      members: models.map((id, i) => ({ modelId: id, weight: [0.75, 0.25][i] })),
      results: [{ fileName: 'a.png' }],
    });
    expect(seen.at(-1)).toMatchObject({ topK: 3, fileNames: ['a.png'] });
    await api.database.pool.query(`update models set classes = '{circle,cube,triangle}' where id = $1`, [
      other.id,
    ]);
    expect((await ensemble({ models: JSON.stringify(models) })).json()).toMatchObject({
      status: 422,
      code: 'models_incompatible',
      detail: expect.stringContaining(`class 1 (in label order): ${modelId} has "square"`),
    });

    const bad = await predict(modelId, [{ ...png, fileName: 'bad.png' }]);
    expect(bad.json()).toMatchObject({
      status: 422,
      code: 'image_invalid',
      detail: 'bad.png is not an image',
    });
    const { rows } = await api.database.pool.query('select count(*)::int as count from predictions');
    expect(rows[0].count).toBe(0);
    await consumer.close({ handBack: true });
    for (const { id } of await api.database.workers.list()) await api.database.workers.remove(id);
  });

  test('an ensemble says what it needs', async () => {
    const refusals: [Record<string, string>, string][] = [
      [{}, '/models'],
      [{ models: 'mdl' }, '/models'],
      [{ models: JSON.stringify([modelId, modelId]) }, '/models'],
      [{ models: JSON.stringify([modelId]), weights: '[1, 2]' }, '/weights'],
      [{ models: JSON.stringify([modelId]), weights: '[0]' }, '/weights/0'],
      [{ models: JSON.stringify([modelId]), combination: 'median' }, '/combination'],
    ];
    for (const [fields, pointer] of refusals)
      expect((await ensemble(fields)).json()).toMatchObject({ status: 422, errors: [{ pointer }] });
    const nobody = JSON.stringify([modelId, newId('mdl')]);
    expect((await ensemble({ models: nobody })).json()).toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    expect(await countBlobs('image bytes')).toBe(0);
  });

  test('an evaluation names what does not fit, and gives what the worker found', async () => {
    const model = (await api.app.inject(`/v1/models/${modelId}`)).json();
    const { datasetId } = (await api.app.inject(`/v1/jobs/${model.jobId}`)).json();
    const evaluate = (change: object = {}) => {
      const payload = { models: [modelId], datasetId, split: 'train', ...change };
      return api.app.inject({ method: 'POST', url: '/v1/ensembles/evaluate', payload });
    };
    const refusals: [object, string][] = [
      [{ models: [] }, '/models'],
      [{ models: [modelId, modelId] }, '/models'],
      [{ weights: [1, 2] }, '/weights'],
      [{ combination: 'median' }, '/combination'],
      [{ split: 'test' }, '/split'],
      [{ testTimeAugmentation: 'recipe' }, '/testTimeAugmentation'],
    ];
    for (const [change, pointer] of refusals)
      expect((await evaluate(change)).json()).toMatchObject({ status: 422, errors: [{ pointer }] });
    expect((await evaluate()).json()).toMatchObject({ status: 503, code: 'engine_unavailable' });
    const { dataset: other } = await readyDataset(api);
    await api.database.pool.query(
      `update datasets set manifest = manifest || '{"classes": ["circle", "cube", "triangle"]}' where id = $1`,
      [other.id],
    );
    expect((await evaluate({ datasetId: other.id })).json()).toMatchObject({
      status: 422,
      errors: [{ pointer: '/datasetId', message: expect.stringContaining('circle, square, triangle') }],
    });

    const worker = await registerWorker(api);
    const found = {
      split: 'train' as const,
      samples: 12,
      loss: 0.5,
      accuracy: 0.75,
      topK: [{ k: 1, accuracy: 0.75 }],
      macro: { precision: null, recall: 0.5, f1: null },
      classes: [{ label: 0, class: 'circle', support: 4, precision: null, recall: 0.5, f1: null }],
      confusion: [[4]],
    };
    const claims: object[] = [];
    const answerClaim = async ({ id }: { id: string }) => {
      const claim = await api.database.predictions.claim(id, worker);
      claims.push({ target: claim?.target, topK: claim?.topK, images: claim?.images });
      await api.database.predictions.finish(id, { evaluation: found, seconds: 1 });
      return 'done' as const;
    };
    const consumer = await api.queues.consume('predict', answerClaim, { concurrency: 1 });
    const answer = await evaluate({ testTimeAugmentation: 'flips' });
    expect(answer.json()).toEqual({
      object: 'evaluation',
      datasetId,
      members: [{ modelId, weight: 1 }],
      combination: 'probabilities',
      testTimeAugmentation: 'flips',
      ...found,
      seconds: expect.any(Number),
    });
    expect(claims).toEqual([{ target: { datasetId, split: 'train' }, topK: 3, images: [] }]);
    const { rows } = await api.database.pool.query('select count(*)::int as count from predictions');
    expect(rows[0].count).toBe(0);
    await consumer.close({ handBack: true });
    await api.database.workers.remove(worker);
  });

  test('an image that is also a checkpoint does not take the checkpoint with it', async () => {
    expect((await predict(modelId, [{ ...png, value: checkpointBytes(false) as never }])).statusCode).toBe(
      503,
    );
    const model = (await api.app.inject(`/v1/models/${modelId}`)).json();
    expect(await api.storage.stat(model.sha256)).not.toBeNull();
    expect(jobWorker).toBeTruthy();
  });
});

async function countBlobs(text: string): Promise<number> {
  let count = 0;
  for await (const { key } of api.storage.list())
    if ((await api.storage.read(key)).equals(Buffer.from(text))) count += 1;
  return count;
}
