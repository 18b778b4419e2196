import { newId } from '@ravine/contracts';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pixelOf, readyDataset, registerWorker, testApi } from '../../support/api.js';

let api: Awaited<ReturnType<typeof testApi>>;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api?.close());

test('lists newest first in pages, filters, and refuses a cursor of another list', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 5; i += 1) ids.unshift((await readyDataset(api)).dataset.id);
  const seen: string[] = [];
  let cursor = '';
  for (let page = 0; page < 3; page += 1) {
    const answer = (await api.app.inject(`/v1/datasets?limit=2${cursor}`)).json();
    seen.push(...answer.data.map(({ id }: { id: string }) => id));
    cursor = `&cursor=${answer.nextCursor}`;
    expect(answer.hasMore).toBe(page < 2);
  }
  expect(seen).toEqual(ids);
  expect((await api.app.inject('/v1/datasets?status=refused')).json().data).toEqual([]);
  const wrong = await api.app.inject(`/v1/jobs?cursor=${Buffer.from(ids[0] ?? '').toString('base64url')}`);
  expect(wrong.json()).toMatchObject({ status: 422, errors: [{ pointer: '/query/cursor' }] });
});

test('a dataset shows what it is and not where its bytes are', async () => {
  const { dataset } = await readyDataset(api);
  const answer = await api.app.inject(`/v1/datasets/${dataset.id}`);
  expect(answer.json()).toMatchObject({
    id: dataset.id,
    status: 'ready',
    classes: ['circle', 'square', 'triangle'],
  });
  expect(answer.json()).not.toHaveProperty('manifest');
  expect(answer.json()).not.toHaveProperty('uploads');
});

test('samples are listed by class and page, and shown as PNG', async () => {
  const { dataset } = await readyDataset(api);
  const url = `/v1/datasets/${dataset.id}/samples`;
  const all = (await api.app.inject(url)).json();
  expect(all.total).toBe(12);
  expect(all.data[4]).toEqual({ split: 'train', index: 4, label: 1, class: 'square', url: `${url}/train/4` });
  const squares = (await api.app.inject(`${url}?class=square&offset=1&limit=2`)).json();
  expect(squares.total).toBe(4);
  expect(squares.data.map(({ index }: { index: number }) => index)).toEqual([4, 7]);
  expect((await api.app.inject(`${url}?split=test`)).json().total).toBe(0);

  for (const index of [0, 4, 5, 11]) {
    const png = await api.app.inject(`${url}/train/${index}`);
    expect(png.headers['content-type']).toBe('image/png');
    const { data, info } = await sharp(png.rawPayload).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([8, 8]);
    expect((await sharp(png.rawPayload).metadata()).channels).toBe(1);
    expect(data[0]).toBe(pixelOf(index));
  }
  const etag = (await api.app.inject(`${url}/train/5`)).headers.etag as string;
  expect(
    (await api.app.inject({ url: `${url}/train/5`, headers: { 'if-none-match': etag } })).statusCode,
  ).toBe(304);
  const head = await api.app.inject({ method: 'HEAD', url: `${url}/train/5` });
  expect([head.statusCode, head.rawPayload.length]).toEqual([200, 0]);
  expect(Number(head.headers['content-length'])).toBeGreaterThan(0);
});

test('a sample that is not there says how many there are', async () => {
  const { dataset } = await readyDataset(api);
  const url = `/v1/datasets/${dataset.id}/samples`;
  const beyond = await api.app.inject(`${url}/train/12`);
  expect(beyond.json()).toMatchObject({ status: 404, code: 'sample_not_found' });
  expect(beyond.json().detail).toContain('12 samples');
  expect((await api.app.inject(`${url}/test/0`)).json().detail).toContain('no split test');
  expect((await api.app.inject(`${url}/holdout/0`)).statusCode).toBe(422);
});

test('a class that the dataset lacks is refused with those that it has', async () => {
  const { dataset } = await readyDataset(api);
  const answer = await api.app.inject(`/v1/datasets/${dataset.id}/samples?class=hexagon`);
  expect(answer.json()).toMatchObject({
    status: 422,
    errors: [{ pointer: '/query/class', message: expect.stringContaining('square'), received: 'hexagon' }],
  });
});

test('a dataset that is not ready says what it waits for', async () => {
  const id = newId('ds');
  await api.database.datasets.create('default', {
    id,
    name: 'x',
    fit: 'crop',
    labels: {},
    uploads: [],
    uploadBytes: 0,
  });
  for (const url of [`/v1/datasets/${id}/samples`, `/v1/datasets/${id}/samples/train/0`]) {
    const answer = await api.app.inject(url);
    expect(answer.json()).toMatchObject({
      status: 409,
      code: 'dataset_not_ready',
      data: { status: 'ingesting' },
    });
  }
});

test('deleting: a dataset of a job stays, an ingest in progress stays, another goes with its blobs', async () => {
  const { dataset, manifest } = await readyDataset(api);
  const worker = await registerWorker(api);
  const payload = { recipe: { dataset: dataset.id, preset: 'shapes' } };
  const job = await api.app.inject({ method: 'POST', url: '/v1/jobs', payload });
  expect(job.statusCode, job.body).toBe(201);
  const used = await api.app.inject({ method: 'DELETE', url: `/v1/datasets/${dataset.id}` });
  expect(used.json()).toMatchObject({ status: 409, code: 'dataset_in_use' });

  const id = newId('ds');
  await api.database.datasets.create('default', {
    id,
    name: 'x',
    fit: 'crop',
    labels: {},
    uploads: [],
    uploadBytes: 0,
  });
  await api.database.datasets.claimIngest(id, worker);
  expect((await api.app.inject({ method: 'DELETE', url: `/v1/datasets/${id}` })).json().code).toBe(
    'conflict',
  );

  // The shards are shared with the dataset of the job, its own upload is not.
  const other = await readyDataset(api);
  const stored = await api.database.datasets.get('default', other.dataset.id);
  const gone = await api.app.inject({ method: 'DELETE', url: `/v1/datasets/${other.dataset.id}` });
  expect([gone.statusCode, gone.body]).toEqual([204, '']);
  expect((await api.app.inject(`/v1/datasets/${other.dataset.id}`)).statusCode).toBe(404);
  expect(await api.storage.stat(stored?.uploads[0]?.key ?? '')).toBeNull();
  expect(await api.storage.stat(manifest.splits.train?.shards[0]?.key ?? '')).not.toBeNull();
  await api.database.workers.remove(worker);
});

test('content that has vanished from the storage is an honest error', async () => {
  const { dataset, manifest } = await readyDataset(api, 7);
  const shard = manifest.splits.train?.shards[4]?.key ?? '';
  await api.storage.delete(shard);
  const answer = await api.app.inject(`/v1/datasets/${dataset.id}/samples/train/20`);
  expect(answer.json()).toMatchObject({ status: 500, code: 'content_damaged' });
});
