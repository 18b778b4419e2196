import { newId } from '@ravine/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  blobKey,
  manifest,
  newDataset,
  newJob,
  readyDataset,
  report,
  type TestDatabase,
  testDatabase,
} from '../support/database.js';

let open: TestDatabase;
let datasets: TestDatabase['database']['datasets'];
let database: TestDatabase['database'];

beforeAll(async () => {
  open = await testDatabase();
  ({ database } = open);
  ({ datasets } = database);
});
afterAll(() => open.close());

const create = async (project = 'default', name = 'pets') =>
  (await datasets.create(project, newDataset(name))).id;
const workerId = () => newId('wkr');

describe('create, get and list', () => {
  test('keeps what was declared; the manifest adds what it became', async () => {
    const fresh = { ...newDataset('digits'), height: 28, channels: 1 as const, labels: { owner: 'ada' } };
    const dataset = await datasets.create('default', fresh);
    expect(dataset).toMatchObject({
      object: 'dataset',
      status: 'ingesting',
      height: 28,
      width: null,
      channels: 1,
      classes: null,
    });
    expect(dataset).not.toHaveProperty('uploads');
    const claim = await datasets.claimIngest(fresh.id, workerId());
    expect(claim).toEqual({
      ...{
        id: fresh.id,
        project: 'default',
        name: 'digits',
        height: 28,
        width: null,
        channels: 1,
        fit: 'crop',
        classes: null,
      },
      ...{ uploads: fresh.uploads, attempt: 1 },
    });
    await datasets.finishIngest(fresh.id, 1, { status: 'ready', manifest: manifest('d'), report });
    const ready = await datasets.get('default', fresh.id);
    expect(ready).toMatchObject({
      ...{
        status: 'ready',
        height: 8,
        width: 8,
        classes: ['cat', 'dog'],
        mean: [0.5],
        digest: manifest('d').digest,
      },
      ...{
        splits: { train: { count: 4, perClass: [2, 2] } },
        manifest: manifest('d'),
        uploads: fresh.uploads,
        report,
      },
    });
    expect(ready?.splits?.train).not.toHaveProperty('shards');
  });

  test('a foreign dataset answers as a missing one', async () => {
    const id = await create();
    expect(await datasets.get('other', id)).toBeNull();
    expect(await datasets.remove('other', id)).toBeNull();
    expect(await datasets.get('default', id)).not.toBeNull();
    expect(await datasets.remove('default', newId('ds'))).toBeNull();
  });

  test('pages hold every dataset once, also when one is deleted meanwhile', async () => {
    const made: string[] = [];
    for (let n = 0; n < 5; n += 1) made.push(await create('pages'));
    const first = await datasets.list('pages', { limit: 2 });
    await datasets.remove('pages', first.data[1]!.id); // the one that the cursor stands on
    const second = await datasets.list('pages', { limit: 10, cursor: first.nextCursor! });
    expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(made.toReversed());
    expect(second).toMatchObject({ hasMore: false, nextCursor: null });
  });

  test('filters by status and whole name; refuses a cursor of another list', async () => {
    const id = await create('filter', 'cats');
    await create('filter', 'cats and dogs');
    expect((await datasets.list('filter', { limit: 5, name: 'cats' })).data.map((one) => one.id)).toEqual([
      id,
    ]);
    expect((await datasets.list('filter', { limit: 5, status: 'ready' })).data).toEqual([]);
    const cursor = Buffer.from(newId('job')).toString('base64url');
    await expect(datasets.list('filter', { limit: 5, cursor })).rejects.toMatchObject({
      errors: [{ pointer: '/query/cursor' }],
    });
  });
});

describe('ingest', () => {
  test('one of many concurrent workers gets it; a silent one loses it', async () => {
    const id = await create();
    const claims = await Promise.all(Array.from({ length: 10 }, () => datasets.claimIngest(id, workerId())));
    expect(claims.filter(Boolean)).toHaveLength(1);
    await database.pool.query(
      `update datasets set ingest_claimed_at = now() - interval '1 hour' where id = $1`,
      [id],
    );
    const [next] = (
      await Promise.all(Array.from({ length: 10 }, () => datasets.claimIngest(id, workerId())))
    ).filter(Boolean);
    expect(next?.attempt).toBe(2);
    const end = { status: 'refused' as const, report };
    expect(await datasets.ingestProgress(id, 1, { phase: 'decode', done: 1, total: null })).toBe(false);
    expect(await datasets.releaseIngest(id, 1)).toBe(false);
    expect(await datasets.finishIngest(id, 1, end)).toBe(false);
    expect(await datasets.ingestProgress(id, 2, { phase: 'decode', done: 1, total: 4 })).toBe(true);
    expect(await datasets.get('default', id)).toMatchObject({
      status: 'ingesting',
      progress: { done: 1, total: 4 },
    });
    expect(await datasets.finishIngest(id, 2, end)).toBe(true);
    expect(await datasets.get('default', id)).toMatchObject({
      status: 'refused',
      progress: null,
      report,
      manifest: null,
    });
    expect(await datasets.finishIngest(id, 2, { status: 'ready', manifest: manifest('x'), report })).toBe(
      false,
    );
    expect(await datasets.claimIngest(id, workerId())).toBeNull();
  });

  test('a fault of the service is kept', async () => {
    const id = await create();
    await datasets.claimIngest(id, workerId());
    await datasets.finishIngest(id, 1, {
      status: 'failed',
      failure: { code: 'storage_full', message: 'no space' },
    });
    expect(await datasets.get('default', id)).toMatchObject({
      status: 'failed',
      failure: { code: 'storage_full' },
      report: null,
    });
  });

  test('a released one is to be had at once, under a new attempt', async () => {
    const id = await create();
    await datasets.claimIngest(id, workerId());
    expect(await datasets.releaseIngest(id, 1)).toBe(true);
    expect(await datasets.ingestProgress(id, 1, { phase: 'decode', done: 1, total: null })).toBe(false);
    expect((await datasets.claimIngest(id, workerId()))?.attempt).toBe(2);
  });

  test('an upload is let go of when the packed data took its place', async () => {
    const id = await create();
    const { uploads } = (await datasets.get('default', id))!;
    expect(await datasets.forgetUploads(id)).toEqual({ keys: [] }); // still needed
    await datasets.claimIngest(id, workerId());
    await datasets.finishIngest(id, 1, { status: 'ready', manifest: manifest(id), report });
    expect(await datasets.forgetUploads(id)).toEqual({ keys: [uploads[0]!.key] });
    expect(await datasets.forgetUploads(id)).toEqual({ keys: [] });
    expect(await datasets.remove('default', id)).toMatchObject({
      keys: [expect.any(String), expect.any(String)],
    });
  });

  test('the sweeper finds those that wait', async () => {
    const waiting = await create();
    const taken = await create();
    await datasets.claimIngest(taken, workerId());
    const stale = await datasets.stale(-1000);
    expect(stale).toContainEqual({ id: waiting, attempt: 0 });
    expect(stale.map(({ id }) => id)).not.toContain(taken);
    expect((await datasets.stale(60_000)).map(({ id }) => id)).not.toContain(waiting);
  });
});

describe('remove', () => {
  test('answers its blobs, but none that another row names', async () => {
    const id = await readyDataset(database);
    const { uploads } = (await datasets.get('default', id))!;
    const twin = newDataset();
    await datasets.create('other', {
      ...twin,
      uploads: [{ name: 'same.zip', key: uploads[0]!.key, bytes: 10 }],
    });
    const { shards, labels } = manifest(id).splits.train!;
    const removed = await datasets.remove('default', id);
    expect(removed).toEqual({ keys: expect.arrayContaining([shards[0]!.key, labels.key]) });
    expect((removed as { keys: string[] }).keys).toHaveLength(2);
    expect(await datasets.remove('other', twin.id)).toEqual({ keys: [uploads[0]!.key] });
  });

  test('leaves what an ingest that still runs has named, as long as that does not fail', async () => {
    const id = await readyDataset(database);
    const packed = manifest(id).splits.train!;
    const keys = [packed.shards[0]!.key, packed.labels.key].sort();
    const again = await create();
    await datasets.claimIngest(again, workerId());
    expect(await datasets.nameBlobs(again, 1, manifest(id))).toBe(true);
    expect(await datasets.nameBlobs(again, 2, manifest('another'))).toBe(false);
    const removed = (await datasets.remove('default', id)) as { keys: string[] };
    expect(removed.keys).toHaveLength(1); // its upload
    expect(await database.unreferenced(keys)).toEqual([]);
    const { uploads } = (await datasets.get('default', again))!;
    const failure = { code: 'storage_full', message: 'no space' };
    await datasets.finishIngest(again, 1, { status: 'failed', failure });
    expect((await database.unreferenced(keys)).sort()).toEqual(keys);
    expect(await database.unreferenced(uploads.map(({ key }) => key))).toEqual([]);
  });

  test('not while a job names it', async () => {
    const id = await readyDataset(database);
    await database.jobs.create('default', newJob(id));
    expect(await datasets.remove('default', id)).toBe('in_use');
  });

  test('not while a live worker ingests it, but before and after', async () => {
    const id = await create();
    await datasets.claimIngest(id, workerId());
    expect(await datasets.remove('default', id)).toBe('busy');
    await database.pool.query(
      `update datasets set ingest_claimed_at = now() - interval '1 hour' where id = $1`,
      [id],
    );
    expect(await datasets.remove('default', id)).toMatchObject({ keys: [expect.any(String)] });
    expect(await datasets.finishIngest(id, 1, { status: 'refused', report })).toBe(false);
    expect(await datasets.remove('default', await create())).toMatchObject({ keys: [expect.any(String)] });
  });

  test('of a removal and a new job at the same time one wins', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = await readyDataset(database);
      const [removed, job] = await Promise.all([
        datasets.remove('default', id),
        database.jobs.create('default', newJob(id)).catch((error) => error.code as string),
      ]);
      if (removed === 'in_use') expect(job).toHaveProperty('status', 'queued');
      else expect(job).toBe('dataset_not_found');
    }
  });

  test('unreferenced tells a blob that no row names from those that one does', async () => {
    const id = await readyDataset(database);
    const { uploads } = (await datasets.get('default', id))!;
    const free = blobKey('free');
    expect(await database.unreferenced([uploads[0]!.key, free, free])).toEqual([free]);
    expect(await database.unreferenced([])).toEqual([]);
  });
});
