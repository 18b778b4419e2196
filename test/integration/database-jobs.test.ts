import { AppError, type Job, jobStatuses, newId } from '@ravine/contracts';
import { IllegalMove, StaleAttempt } from '@ravine/database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  failure,
  newDataset,
  newJob,
  readyDataset,
  runningJob,
  type TestDatabase,
  testDatabase,
} from '../support/database.ts';

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
const stored = async (id: string) => (await database.jobs.get('default', id)) as Job;

/** Makes the claim of a job as old as a dead worker's. */
const ageClaim = (id: string) =>
  database.pool.query(`update jobs set claimed_at = now() - interval '1 hour' where id = $1`, [id]);

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
    expect(await database.jobs.requestCancel('other', id, 'now')).toBeNull();
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

describe('claim', () => {
  test('one of many concurrent workers gets the job', async () => {
    const { id } = await create();
    const claims = await Promise.all(Array.from({ length: 12 }, () => database.jobs.claim(id, newId('wkr'))));
    expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
    expect(await stored(id)).toMatchObject({ status: 'running', attempt: 1, phase: 'preparing' });
  });

  test('brings what the worker needs', async () => {
    const { id } = await create();
    const claim = await database.jobs.claim(id, 'wkr_a', { deviceKind: 'cuda' });
    expect(claim).toMatchObject({
      project: 'default',
      attempt: 1,
      resumeFrom: null,
      job: { id, workerId: 'wkr_a' },
    });
    expect(claim?.manifest.classes).toEqual(['cat', 'dog']);
    expect(claim?.job.startedAt).not.toBeNull();
  });

  test('a worker that is redelivered its own job takes it again', async () => {
    const { id, attempt, workerId } = await runningJob(database, dataset);
    expect((await database.jobs.claim(id, workerId))?.attempt).toBe(attempt + 1);
    const types = (await database.events.read(id, 0, 10)).map(({ type }) => type);
    expect(types).toEqual(['status', 'status', 'attempt']);
  });

  test('a job is taken over only when its worker is silent', async () => {
    const workerId = newId('wkr');
    await database.workers.register({
      id: workerId,
      hostname: 'h',
      processId: 1,
      version: '1',
      engines: [],
      queues: [],
      threads: 1,
    });
    const { id } = await runningJob(database, dataset, workerId);
    expect(await database.jobs.claim(id, newId('wkr'))).toBeNull(); // claimed just now
    await ageClaim(id);
    expect(await database.jobs.claim(id, newId('wkr'))).toBeNull(); // it still sends heartbeats
    expect(await database.jobs.lost()).toEqual([]);
    await database.pool.query(
      `update workers set heartbeat_at = now() - interval '46 seconds' where id = $1`,
      [workerId],
    );
    expect(await database.jobs.lost()).toEqual([{ id, attempt: 1, priority: 0, queue: 'train.cpu' }]);
    const claims = await Promise.all(Array.from({ length: 8 }, () => database.jobs.claim(id, newId('wkr'))));
    expect(claims.filter((claim) => claim !== null)).toMatchObject([
      { attempt: 2, job: { status: 'running' } },
    ]);
  });

  test('an ended, missing or deleted job is not to be had', async () => {
    const { id, attempt, workerId } = await runningJob(database, dataset);
    await database.jobs.finish(id, attempt, { status: 'failed', failure });
    expect(await database.jobs.claim(id, workerId)).toBeNull();
    expect(await database.jobs.claim(newId('job'), workerId)).toBeNull();
  });
});

describe('fencing', () => {
  const progress = {
    ...{
      epoch: 1,
      epochs: 2,
      step: 3,
      totalSteps: 4,
      loss: 0.5,
      learningRate: 0.1,
      validationAccuracy: null,
    },
    ...{ imagesPerSecond: null, etaSeconds: null, trainSeconds: 9, peakMemoryBytes: 100 },
  };
  const checkpoint = {
    id: newId('ckpt'),
    step: 1,
    epoch: 1,
    roles: ['last' as const],
    validationLoss: null,
    validationAccuracy: null,
    sha256: '0'.repeat(64),
    bytes: 1,
  };
  const artifact = {
    id: newId('art'),
    kind: 'log',
    fileName: 'a',
    contentType: 'text/plain',
    sha256: '0'.repeat(64),
    bytes: 1,
  };
  const evaluation = { object: 'evaluation', jobId: 'x' } as never;

  const writes: Record<string, (id: string, attempt: number) => Promise<unknown>> = {
    started: (id, attempt) =>
      database.jobs.started(id, attempt, { engine: 'torch', device: 'cpu', precision: 'fp32' }),
    phase: (id, attempt) => database.jobs.phase(id, attempt, 'training'),
    progress: (id, attempt) => database.jobs.progress(id, attempt, progress),
    best: (id, attempt) =>
      database.jobs.best(id, attempt, { epoch: 1, validationLoss: 1, validationAccuracy: 1 }),
    finish: (id, attempt) =>
      database.jobs.finish(id, attempt, { status: 'succeeded', stopReason: 'completed' }),
    handBack: (id, attempt) => database.jobs.handBack(id, attempt, 'shutdown'),
    'metrics.append': (id, attempt) =>
      database.metrics.append(id, attempt, { names: ['a'], steps: [1], values: [1] }),
    'metrics.append of nothing': (id, attempt) =>
      database.metrics.append(id, attempt, { names: [], steps: [], values: [] }),
    'metrics.truncateAfter': (id, attempt) => database.metrics.truncateAfter(id, attempt, 0),
    'evaluations.save': (id, attempt) => database.evaluations.save(id, attempt, evaluation),
    cancelRequested: (id, attempt) => database.jobs.cancelRequested(id, attempt),
    'events.append': (id, attempt) =>
      database.events.append(id, attempt, [{ type: 'log', level: 'info', message: 'm' }]),
    'checkpoints.record': (id, attempt) => database.checkpoints.record(id, attempt, checkpoint),
    'artifacts.record': (id, attempt) => database.artifacts.record(id, attempt, artifact),
  };
  const throwing = ['cancelRequested', 'events.append', 'checkpoints.record', 'artifacts.record'];
  const refusal = (name: string, id: string, attempt: number) =>
    throwing.includes(name)
      ? expect(writes[name]!(id, attempt)).rejects.toBeInstanceOf(StaleAttempt)
      : expect(writes[name]!(id, attempt)).resolves.toBe(false);

  test.each(Object.keys(writes))('%s of an older attempt is refused and changes nothing', async (name) => {
    const { id, attempt, workerId } = await runningJob(database, dataset);
    await database.metrics.append(id, attempt, { names: ['kept'], steps: [5], values: [5] });
    await database.jobs.claim(id, workerId);
    const before = await stored(id);
    const eventsBefore = await database.events.read(id, 0, 100);
    await refusal(name, id, attempt);
    expect(await stored(id)).toEqual(before);
    expect(await database.events.read(id, 0, 100)).toEqual(eventsBefore);
    expect((await database.metrics.read(id, {})).series).toMatchObject([{ name: 'kept', total: 1 }]);
    expect(await database.checkpoints.list('default', id)).toEqual([]);
    expect(await database.artifacts.list('default', id)).toEqual([]);
    expect(await database.evaluations.get('default', id)).toBeNull();
  });

  test.each(Object.keys(writes))('%s after the end is refused', async (name) => {
    const { id, attempt } = await runningJob(database, dataset);
    expect(
      await database.jobs.finish(id, attempt, {
        status: 'succeeded',
        stopReason: 'completed',
        testAccuracy: 0.9,
      }),
    ).toBe(true);
    await refusal(name, id, attempt);
    expect(await stored(id)).toMatchObject({ status: 'succeeded', testAccuracy: 0.9 });
  });

  test('what the attempt that runs writes is kept', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    for (const name of ['started', 'phase', 'progress', 'best'])
      expect(await writes[name]!(id, attempt)).toBe(true);
    const { trainSeconds, peakMemoryBytes, ...shown } = progress;
    expect(await stored(id)).toMatchObject({
      ...{
        engine: 'torch',
        device: 'cpu',
        precision: 'fp32',
        phase: 'training',
        trainSeconds,
        peakMemoryBytes,
      },
      ...{ progress: shown, best: { epoch: 1, validationLoss: 1, validationAccuracy: 1 } },
    });
    await database.jobs.progress(id, attempt, { ...progress, peakMemoryBytes: null, trainSeconds: null });
    expect(await stored(id)).toMatchObject({ trainSeconds: 9, peakMemoryBytes: 100 });
  });

  test('a claim and the writes of the attempt before it never interleave', async () => {
    const { id, attempt, workerId } = await runningJob(database, dataset);
    const append = (step: number) =>
      database.metrics.append(id, attempt, { names: ['a'], steps: [step], values: [step] });
    const all = await Promise.all([
      ...Array.from({ length: 20 }, (_, step) => append(step)),
      database.jobs.claim(id, workerId),
      ...Array.from({ length: 20 }, (_, step) => append(20 + step)),
    ]);
    const accepted = all.filter((result) => result === true).length;
    expect((await database.metrics.read(id, {})).series[0]?.total ?? 0).toBe(accepted);
    expect(await append(99)).toBe(false);
  });
});

describe('cancel', () => {
  test('a queued job is cancelled at once; again is a no-op', async () => {
    const { id } = await create();
    const first = await database.jobs.requestCancel('default', id, 'graceful');
    expect(first).toMatchObject({ changed: true, job: { status: 'cancelled', terminal: true } });
    expect(await database.jobs.requestCancel('default', id, 'now')).toMatchObject({
      changed: false,
      job: { status: 'cancelled' },
    });
    expect((await stored(id)).endedAt).not.toBeNull();
  });

  test('a running job is cancelled by its worker', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    expect(await database.jobs.cancelRequested(id, attempt)).toBeNull();
    expect(await database.jobs.requestCancel('default', id, 'graceful')).toMatchObject({
      changed: true,
      job: { status: 'cancelling' },
    });
    expect(await database.jobs.cancelRequested(id, attempt)).toBe('graceful');
    expect(await database.jobs.requestCancel('default', id, 'graceful')).toMatchObject({ changed: false });
    expect(await database.jobs.requestCancel('default', id, 'now')).toMatchObject({ changed: true });
    expect(await database.jobs.requestCancel('default', id, 'graceful')).toMatchObject({ changed: false });
    expect(await database.jobs.cancelRequested(id, attempt)).toBe('now');
    expect(await database.jobs.finish(id, attempt, { status: 'cancelled', trainSeconds: 3 })).toBe(true);
    const job = await stored(id);
    expect(job).toMatchObject({ status: 'cancelled', trainSeconds: 3, phase: null });
    expect(job.transitions.map(({ to }) => to)).toEqual(['queued', 'running', 'cancelling', 'cancelled']);
  });

  test('a job that has ended otherwise cannot be cancelled', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    await database.jobs.finish(id, attempt, { status: 'succeeded', stopReason: 'early_stopping' });
    expect(await database.jobs.requestCancel('default', id, 'now')).toBe('illegal');
  });

  test('of a cancel and a claim at the same time the row shows one order', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { id } = await create();
      const [claim, cancel] = await Promise.all([
        database.jobs.claim(id, newId('wkr')),
        database.jobs.requestCancel('default', id, 'graceful'),
      ]);
      expect(cancel).toMatchObject({ changed: true });
      expect((await stored(id)).status).toBe(claim === null ? 'cancelled' : 'cancelling');
    }
  });
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
    expect(await database.jobs.handBack(id, attempt, 'the worker shuts down')).toBe(true);
    expect(await stored(id)).toMatchObject({ status: 'queued', workerId: null, phase: null, endedAt: null });
    const claim = await database.jobs.claim(id, newId('wkr'));
    expect(claim).toMatchObject({ attempt: 2, resumeFrom: { step: 20, roles: ['last'], attempt: 1 } });
    expect(claim?.job.transitions.map(({ to, reason }) => [to, reason])).toEqual([
      ['queued', null],
      ['running', null],
      ['queued', 'the worker shuts down'],
      ['running', null],
    ]);
  });

  test('handing back a job that is being cancelled cancels it', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    await database.jobs.requestCancel('default', id, 'now');
    await database.jobs.handBack(id, attempt, 'shutdown');
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
