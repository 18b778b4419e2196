import { type Job, newId } from '@ravine/contracts';
import { StaleAttempt } from '@ravine/database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  failure,
  newCheckpoint,
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

const create = () => database.jobs.create('default', newJob(dataset));
const stored = async (id: string) => (await database.jobs.get('default', id)) as Job;

/** Makes the claim of a job as old as a dead worker's. */
const ageClaim = (id: string) =>
  database.pool.query(`update jobs set claimed_at = now() - interval '1 hour' where id = $1`, [id]);

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
      checkpoints: [],
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

  test('a worker that froze within a transaction does not keep others from its job', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    await ageClaim(id);
    const frozen = await database.pool.connect();
    await frozen.query('begin');
    await frozen.query('select from jobs where id = $1 for no key update', [id]); // and then nothing, as under SIGSTOP
    expect((await database.jobs.claim(id, newId('wkr')))?.attempt).toBe(attempt + 1);
    // What it wakes up to is an error of its query, and not the end of its process.
    await expect(frozen.query('commit')).rejects.toThrow();
    frozen.release(true);
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

describe('attempts that come to nothing', () => {
  /** Another worker takes the job of one that died; null when the job is not to be had any more. */
  const takeOver = async (id: string) => {
    await ageClaim(id);
    return database.jobs.claim(id, newId('wkr'));
  };

  test('a job is tried twelve times in a row, then parked with what to do', async () => {
    const { id } = await create();
    for (let fruitless = 0; fruitless < 12; fruitless += 1)
      expect(await takeOver(id)).toMatchObject({ attempt: fruitless + 1, fruitless });
    expect(await takeOver(id)).toBeNull();
    expect(await stored(id)).toMatchObject({
      status: 'failed',
      attempt: 12,
      failure: { class: 'infrastructure', code: 'too_many_attempts', evidence: { attempts: 12 } },
    });
  });

  test('a checkpoint or an orderly hand-back begins the count anew', async () => {
    const { id } = await create();
    for (let n = 0; n < 5; n += 1) await takeOver(id);
    await database.checkpoints.record(id, 5, newCheckpoint(1, ['last']));
    expect(await takeOver(id)).toMatchObject({ attempt: 6, fruitless: 0 });
    expect(await takeOver(id)).toMatchObject({ attempt: 7, fruitless: 1 });
    await database.jobs.handBack(id, 7, { reason: 'the worker shuts down', failure: null });
    expect(await database.jobs.claim(id, newId('wkr'))).toMatchObject({ attempt: 8, fruitless: 0 });
  });

  test('the twelfth failure of the infrastructure in a row is that of the job', async () => {
    const { id } = await create();
    for (let n = 1; n <= 12; n += 1) {
      const claim = await database.jobs.claim(id, newId('wkr'));
      const status = await database.jobs.handBack(id, claim?.attempt ?? 0, { reason: 'full', failure });
      expect(status).toBe(n < 12 ? 'queued' : 'failed');
    }
    expect((await stored(id)).failure).toEqual(failure);
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
      database.jobs.started(id, attempt, { engine: 'torch', device: 'cpu', precision: 'fp32', threads: 2 }),
    phase: (id, attempt) => database.jobs.phase(id, attempt, 'training'),
    progress: (id, attempt) => database.jobs.progress(id, attempt, progress),
    best: (id, attempt) =>
      database.jobs.best(id, attempt, { epoch: 1, validationLoss: 1, validationAccuracy: 1 }),
    finish: (id, attempt) =>
      database.jobs.finish(id, attempt, { status: 'succeeded', stopReason: 'completed' }),
    handBack: (id, attempt) => database.jobs.handBack(id, attempt, { reason: 'shutdown', failure: null }),
    resumed: (id, attempt) =>
      database.jobs.resumed(id, attempt, { checkpointId: newId('ckpt'), step: 1, sha256: '0'.repeat(64) }),
    'metrics.append': (id, attempt) =>
      database.metrics.append(id, attempt, { names: ['a'], steps: [1], values: [1] }),
    'metrics.append of nothing': (id, attempt) =>
      database.metrics.append(id, attempt, { names: [], steps: [], values: [] }),
    'metrics.truncateAfter': (id, attempt) => database.metrics.truncateAfter(id, attempt, 0),
    'evaluations.save': (id, attempt) => database.evaluations.save(id, attempt, evaluation),
    wish: (id, attempt) => database.jobs.wish(id, attempt),
    'events.append': (id, attempt) =>
      database.events.append(id, attempt, [{ type: 'log', level: 'info', message: 'm' }]),
    'checkpoints.record': (id, attempt) => database.checkpoints.record(id, attempt, checkpoint),
    'artifacts.record': (id, attempt) => database.artifacts.record(id, attempt, artifact),
  };
  const throwing = ['wish', 'events.append', 'checkpoints.record', 'artifacts.record'];
  const refusal = (name: string, id: string, attempt: number) =>
    throwing.includes(name)
      ? expect(writes[name]!(id, attempt)).rejects.toBeInstanceOf(StaleAttempt)
      : expect(writes[name]!(id, attempt)).resolves.toBe(name === 'handBack' ? null : false);

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

test('a hand-back that a failure made necessary is a warning, and says what it was', async () => {
  const { id, attempt } = await runningJob(database, dataset);
  await database.jobs.handBack(id, attempt, { reason: failure.message, failure });
  expect((await database.events.read(id, 0, 10)).at(-1)).toMatchObject({
    type: 'status',
    level: 'warning',
    data: { to: 'queued', class: failure.class, code: failure.code },
  });
});
