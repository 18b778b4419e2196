import { AppError, type Job, jobStatuses, newId } from '@ravine/contracts';
import { IllegalMove } from '@ravine/database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  failure,
  newDataset,
  newJob,
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

const create = async (project = 'default', name?: string) =>
  database.jobs.create(
    project,
    newJob(project === 'default' ? dataset : await readyDataset(database, project), name),
  );
const shutdown = { reason: 'the worker shuts down', failure: null };
const stored = async (id: string) => (await database.jobs.get('default', id)) as Job;

describe('create, get and list', () => {
  test('a new job is queued, with its first transition and event', async () => {
    const before = Date.now();
    const job = await database.jobs.create('default', {
      ...newJob(dataset, 'first'),
      labels: { owner: 'ada' },
      maxMinutes: 1.5,
    });
    expect(job).toMatchObject({
      object: 'job',
      status: 'queued',
      terminal: false,
      attempt: 0,
      name: 'first',
      workerId: null,
    });
    expect(job.labels).toEqual({ owner: 'ada' });
    expect(job.maxMinutes).toBe(1.5);
    expect(job.transitions).toEqual([{ from: null, to: 'queued', at: expect.any(String), reason: null }]);
    for (const at of [job.createdAt, job.transitions[0]!.at])
      expect(Math.abs(Date.parse(at) - before)).toBeLessThan(60_000);
    const events = await database.events.read(job.id, 0, 10);
    expect(events).toMatchObject([{ sequence: 1, type: 'status', data: { to: 'queued' } }]);
    expect(await stored(job.id)).toEqual(job);
  });

  test('refuses a dataset that is missing, foreign or not ready', async () => {
    const missing = database.jobs.create('default', newJob(newId('ds')));
    await expect(missing).rejects.toMatchObject({ code: 'dataset_not_found' });
    const foreign = database.jobs.create('other', newJob(dataset));
    await expect(foreign).rejects.toMatchObject({ code: 'dataset_not_found' });
    const { id } = await database.datasets.create('default', newDataset());
    await expect(database.jobs.create('default', newJob(id))).rejects.toMatchObject({
      code: 'dataset_not_ready',
    });
  });

  test('a foreign job answers as a missing one', async () => {
    const { id } = await create();
    expect(await database.jobs.get('other', id)).toBeNull();
    expect(await database.jobs.get('default', newId('job'))).toBeNull();
    expect(await database.jobs.request('other', id, { verb: 'cancel', mode: 'now' })).toBeNull();
    expect((await database.jobs.list('other', { limit: 10 })).data).toEqual([]);
  });

  test('pages hold every job once, newest first, while jobs come in', async () => {
    const made: string[] = [];
    for (let i = 0; i < 7; i += 1) made.push((await create('pages', `p${i}`)).id);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await database.jobs.list('pages', { limit: 2, ...(cursor ? { cursor } : {}) });
      expect(page.data.length).toBeLessThanOrEqual(2);
      expect(page.hasMore).toBe(page.nextCursor !== null);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
      await create('pages', 'late');
    } while (cursor);
    expect(seen).toEqual(made.toReversed());
  });

  test('filters by status, dataset and name', async () => {
    const job = await create('filter', 'needle');
    await create('filter', 'hay');
    const ids = async (query: object) =>
      (await database.jobs.list('filter', { limit: 10, ...query })).data.map(({ id }) => id);
    expect(await ids({ name: 'needle' })).toEqual([job.id]);
    expect(await ids({ name: 'need' })).toEqual([]);
    expect(await ids({ datasetId: job.datasetId })).toEqual([job.id]);
    expect(await ids({ status: 'running' })).toEqual([]);
    expect(await ids({ name: `x' or '1'='1` })).toEqual([]);
  });

  test.each([
    '',
    'garbage',
    '%00',
    Buffer.from('ds_00000000000000000000000000').toString('base64url'),
    `${'A'.repeat(40)}==`,
  ])('refuses the cursor %j with its place', async (cursor) => {
    const refused = await database.jobs.list('default', { limit: 10, cursor }).catch((error) => error);
    expect(refused).toBeInstanceOf(AppError);
    expect(refused).toMatchObject({
      code: 'validation_failed',
      errors: [{ pointer: '/query/cursor', received: cursor }],
    });
  });

  test('text that PostgreSQL cannot store is made storable', async () => {
    const job = await database.jobs.create('default', {
      ...newJob(dataset, 'a\u0000b'),
      labels: { 'k\u0000': 'v\u0000\ud800w' },
    });
    expect(job.name).toBe('a\ufffdb');
    expect(job.labels).toEqual({ 'k\ufffd': 'v\ufffd\ufffdw' });
  });
});

describe('cancel', () => {
  const cancel = (id: string, mode: 'graceful' | 'now') =>
    database.jobs.request('default', id, { verb: 'cancel', mode });

  test('a queued job is cancelled at once; again is a no-op', async () => {
    const { id } = await create();
    expect(await cancel(id, 'graceful')).toMatchObject({
      steered: { id, from: 'queued', to: 'cancelled', attempt: 0, queue: 'train.cpu' },
      job: { status: 'cancelled', terminal: true },
    });
    expect(await cancel(id, 'now')).toMatchObject({ steered: null, job: { status: 'cancelled' } });
    expect((await stored(id)).endedAt).not.toBeNull();
  });

  test('a running job is cancelled by its worker', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const limits = { maxMinutes: null, maxSteps: null };
    expect(await database.jobs.wish(id, attempt)).toEqual({ status: 'running', cancelMode: null, ...limits });
    expect(await cancel(id, 'graceful')).toMatchObject({
      steered: { to: 'cancelling' },
      job: { status: 'cancelling' },
    });
    expect(await database.jobs.wish(id, attempt)).toMatchObject({
      status: 'cancelling',
      cancelMode: 'graceful',
    });
    expect(await cancel(id, 'graceful')).toMatchObject({ steered: null });
    expect(await cancel(id, 'now')).toMatchObject({ steered: { to: 'cancelling' } });
    expect(await cancel(id, 'graceful')).toMatchObject({ steered: null });
    expect(await database.jobs.wish(id, attempt)).toMatchObject({ cancelMode: 'now' });
    expect(await database.jobs.finish(id, attempt, { status: 'cancelled', trainSeconds: 3 })).toBe(true);
    const job = await stored(id);
    expect(job).toMatchObject({ status: 'cancelled', trainSeconds: 3, phase: null });
    expect(job.transitions.map(({ to }) => to)).toEqual(['queued', 'running', 'cancelling', 'cancelled']);
  });

  test('a job that has ended otherwise cannot be cancelled', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    await database.jobs.finish(id, attempt, { status: 'succeeded', stopReason: 'early_stopping' });
    expect(await cancel(id, 'now')).toEqual({ illegal: 'succeeded' });
  });

  test('of a cancel and a claim at the same time the row shows one order', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { id } = await create();
      const [claim, cancel] = await Promise.all([
        database.jobs.claim(id, newId('wkr')),
        database.jobs.request('default', id, { verb: 'cancel', mode: 'graceful' }),
      ]);
      expect(cancel).toMatchObject({ steered: { id } });
      expect((await stored(id)).status).toBe(claim === null ? 'cancelled' : 'cancelling');
    }
  });
});

describe('sweep', () => {
  test('finds queued jobs without a delivery', async () => {
    const job = await database.jobs.create('default', {
      ...newJob(dataset),
      priority: 7,
      queue: 'train.cuda',
    });
    expect((await database.jobs.queuedWithoutDelivery(60_000)).map(({ id }) => id)).not.toContain(job.id);
    expect(await database.jobs.queuedWithoutDelivery(-1000)).toContainEqual({
      id: job.id,
      attempt: 0,
      priority: 7,
      queue: 'train.cuda',
    });
  });

  test('refuses a queued job, but no other', async () => {
    const { id } = await create();
    expect(await database.jobs.refuse(id, failure)).toBe(true);
    expect(await stored(id)).toMatchObject({ status: 'failed', failure: { code: 'broken' } });
    expect(await database.jobs.refuse(id, failure)).toBe(false);
    const running = await runningJob(database, dataset);
    expect(await database.jobs.refuse(running.id, failure)).toBe(false);
  });
});

test('the database itself refuses a status that is not one, and accepts each that is', async () => {
  const { id } = await create();
  await expect(
    database.pool.query('update jobs set status = $2 where id = $1', [id, 'lost']),
  ).rejects.toThrow(/jobs_status_check/);
  const { rows } = await database.pool.query(
    `select pg_get_constraintdef(oid) as text from pg_constraint where conname = 'jobs_status_check'`,
  );
  for (const status of jobStatuses) expect(rows[0].text).toContain(`'${status}'`);
});
describe('ends', () => {
  test('only ways that the table of transitions has', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    await expect(database.jobs.finish(id, attempt, { status: 'cancelled' })).rejects.toBeInstanceOf(
      IllegalMove,
    );
    expect(await stored(id)).toMatchObject({ status: 'running' });
  });

  test('a failure is kept as data', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    await database.jobs.finish(id, attempt, {
      status: 'failed',
      failure: { ...failure, evidence: { loss: 'NaN\u0000' } },
    });
    const job = await stored(id);
    expect(job).toMatchObject({
      status: 'failed',
      failure: { class: 'data', evidence: { loss: 'NaN\ufffd' } },
      stopReason: null,
    });
    const last = (await database.events.read(id, 0, 100)).at(-1);
    expect(last).toMatchObject({ type: 'status', level: 'error', data: { to: 'failed', code: 'broken' } });
  });

  test('a job that is handed back goes on from its last checkpoint under a new attempt', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const point = { epoch: 1, validationLoss: 1, validationAccuracy: null, bytes: 1 };
    await database.checkpoints.record(id, attempt, {
      ...point,
      id: newId('ckpt'),
      step: 10,
      roles: ['last', 'best'],
      sha256: 'a'.repeat(64),
    });
    await database.checkpoints.record(id, attempt, {
      ...point,
      id: newId('ckpt'),
      step: 20,
      roles: ['last'],
      sha256: 'b'.repeat(64),
    });
    expect(await database.jobs.handBack(id, attempt, shutdown)).toBe('queued');
    expect(await stored(id)).toMatchObject({ status: 'queued', workerId: null, phase: null, endedAt: null });
    const claim = await database.jobs.claim(id, newId('wkr'));
    expect(claim?.checkpoints.map(({ step, roles }) => [step, ...roles])).toEqual([
      [20, 'last'],
      [10, 'previous', 'best'],
    ]);
    expect(claim?.job.transitions.map(({ to, reason }) => [to, reason])).toEqual([
      ['queued', null],
      ['running', null],
      ['queued', 'the worker shuts down'],
      ['running', null],
    ]);
  });

  test('handing back a job that is being cancelled cancels it', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    await database.jobs.request('default', id, { verb: 'cancel', mode: 'now' });
    expect(await database.jobs.handBack(id, attempt, shutdown)).toBe('cancelled');
    expect(await stored(id)).toMatchObject({ status: 'cancelled', terminal: true });
  });

  test('of many ends at the same time one is written', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const ends = await Promise.all([
      ...Array.from({ length: 5 }, () => database.jobs.finish(id, attempt, { status: 'failed', failure })),
      ...Array.from({ length: 5 }, () =>
        database.jobs.finish(id, attempt, { status: 'succeeded', stopReason: 'completed' }),
      ),
    ]);
    expect(ends.filter(Boolean)).toHaveLength(1);
    expect((await stored(id)).transitions).toHaveLength(3);
  });
});
