import { type Evaluation, newId } from '@ravine/contracts';
import { StaleAttempt } from '@ravine/database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  blobKey,
  newCheckpoint,
  newModel,
  type Role,
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

describe('checkpoints', () => {
  test('roles move on; those without a role go, and their blobs are answered', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const record = (step: number, roles: Role[]) =>
      database.checkpoints.record(id, attempt, newCheckpoint(step, roles, `${id}-${step}`));
    const roles = async () =>
      (await database.checkpoints.list('default', id))!.map((one) => [one.step, one.roles]);
    const key = (step: number) => blobKey(`${id}-${step}`);
    expect(await record(1, ['last', 'best'])).toEqual({ superseded: [] });
    expect(await record(2, ['last'])).toEqual({ superseded: [] });
    expect(await roles()).toEqual([
      [2, ['last']],
      [1, ['previous', 'best']],
    ]);
    expect(await record(3, ['last'])).toEqual({ superseded: [] });
    expect(await roles()).toEqual([
      [3, ['last']],
      [2, ['previous']],
      [1, ['best']],
    ]);
    expect(await record(4, ['best', 'last', 'best'])).toEqual({
      superseded: expect.arrayContaining([key(1), key(2)]),
    });
    expect(await roles()).toEqual([
      [4, ['best', 'last']],
      [3, ['previous']],
    ]);
    expect(await database.checkpoints.withRole('default', id, 'best')).toMatchObject({
      step: 4,
      bytes: 5_000_000_000,
    });
  });

  test('as many of the newest are kept as the job says, by when they were taken, and handed to whoever goes on', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    await database.pool.query(
      `update jobs set checkpoint_policy = checkpoint_policy || '{"keepLast": 3}' where id = $1`,
      [id],
    );
    // A run that went back takes checkpoints of earlier steps later.
    const taken = [30, 40, 20, 25].map((step) => newCheckpoint(step, ['last'], `${id}-${step}`));
    // The clock of the database is set back after each of them.
    for (const [hours, one] of taken.entries()) {
      await database.checkpoints.record(id, attempt, one);
      await database.pool.query(
        `update checkpoints set created_at = now() - $2 * interval '1 hour' where id = $1`,
        [one.id, hours],
      );
    }
    expect((await database.checkpoints.list('default', id))!.map(({ step }) => step)).toEqual([40, 25, 20]);
    expect(await database.checkpoints.discard(id, attempt, taken[2]!.id)).toEqual({
      superseded: [blobKey(`${id}-20`)],
    });
    await database.jobs.handBack(id, attempt, { reason: 'the worker shuts down', failure: null });
    const claim = await database.jobs.claim(id, newId('wkr'));
    expect(claim?.checkpoints.map(({ step }) => step)).toEqual([25, 40]);
    await expect(database.checkpoints.discard(id, attempt, taken[3]!.id)).rejects.toThrow(StaleAttempt);
  });

  test('the same content twice is not given up', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    await database.checkpoints.record(id, attempt, newCheckpoint(1, ['last'], 'same'));
    expect(await database.checkpoints.record(id, attempt, newCheckpoint(1, ['last'], 'same'))).toEqual({
      superseded: [],
    });
    const kept = await database.checkpoints.record(id, attempt, newCheckpoint(2, ['last'], 'other'));
    expect(kept).toEqual({ superseded: [] });
    expect(await database.checkpoints.list('default', id)).toHaveLength(2);
  });

  test('content that one job gives up and another one names is deleted before that or not at all', async () => {
    const jobs = [await runningJob(database, dataset), await runningJob(database, dataset)] as const;
    const same = newCheckpoint(1, ['last'], 'shared');
    const record = (job: (typeof jobs)[number], checkpoint: ReturnType<typeof newCheckpoint>) =>
      database.checkpoints.record(job.id, job.attempt, checkpoint);
    await record(jobs[0], same);
    await record(jobs[0], newCheckpoint(2, ['last'])); // two are kept
    const { superseded } = await record(jobs[0], newCheckpoint(3, ['last']));
    expect(superseded).toEqual([same.sha256]);
    const order: string[] = [];
    let recording: Promise<unknown> | undefined;
    const deleted = await database.deleteUnnamed(superseded, async () => {
      recording = record(jobs[1], { ...same, id: newId('ckpt') }).then(() => order.push('named'));
      await new Promise((resolve) => setTimeout(resolve, 200));
      order.push('deleted');
    });
    await recording;
    expect(order).toEqual(['deleted', 'named']); // who names it then finds the content gone
    expect(deleted).toEqual(superseded);
    expect(await database.deleteUnnamed(superseded, () => Promise.reject(new Error('it is named')))).toEqual(
      [],
    );
  });

  test('a record whose answer was lost may be repeated', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const first = newCheckpoint(1, ['last']);
    await database.checkpoints.record(id, attempt, first);
    const second = newCheckpoint(2, ['last', 'best']);
    for (let i = 0; i < 2; i += 1)
      expect(await database.checkpoints.record(id, attempt, second)).toEqual({ superseded: [] });
    expect((await database.checkpoints.list('default', id))?.map(({ step, roles }) => [step, roles])).toEqual(
      [
        [2, ['last', 'best']],
        [1, ['previous']],
      ],
    );
  });

  test('one of which a model was made stays, without a role', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const first = newCheckpoint(1, ['last']);
    await database.checkpoints.record(id, attempt, first);
    await database.models.create('default', newModel(first.id));
    await database.checkpoints.record(id, attempt, newCheckpoint(2, ['last']));
    expect(await database.checkpoints.record(id, attempt, newCheckpoint(3, ['last']))).toEqual({
      superseded: [],
    });
    expect(await database.checkpoints.find('default', first.id)).toMatchObject({ roles: [] });
  });

  test('a model and a newer checkpoint at the same time leave nothing dangling', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { id, attempt } = await runningJob(database, dataset);
      const first = newCheckpoint(1, ['last']);
      await database.checkpoints.record(id, attempt, first);
      const [model, recorded] = await Promise.all([
        database.models.create('default', newModel(first.id)).catch((error) => error.code as string),
        database.checkpoints.record(id, attempt, newCheckpoint(2, ['last'])),
      ]);
      const kept = await database.checkpoints.find('default', first.id);
      expect(kept === null).toBe(model === 'checkpoint_not_found');
      expect(recorded.superseded).toEqual(kept === null ? [first.sha256] : []);
    }
  });

  test('foreign ones answer as missing ones', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const one = newCheckpoint(1, ['last', 'best']);
    await database.checkpoints.record(id, attempt, one);
    expect(await database.checkpoints.get('default', id, one.id)).toMatchObject({
      id: one.id,
      jobId: id,
      attempt: 1,
    });
    expect(await database.checkpoints.list('other', id)).toBeNull();
    expect(await database.checkpoints.get('other', id, one.id)).toBeNull();
    expect(await database.checkpoints.get('default', newId('job'), one.id)).toBeNull();
    expect(await database.checkpoints.find('other', one.id)).toBeNull();
    expect(await database.checkpoints.withRole('other', id, 'best')).toBeNull();
    expect(await database.checkpoints.list('default', newId('job'))).toBeNull();
    await expect(database.models.create('other', newModel(one.id))).rejects.toMatchObject({
      code: 'checkpoint_not_found',
    });
  });
});

describe('artifacts', () => {
  const newArtifact = (fileName: string, seed: string) => ({
    ...{
      id: newId('art'),
      kind: 'log',
      fileName,
      contentType: 'text/plain',
      sha256: blobKey(seed),
      bytes: 3,
    },
  });

  test('a later attempt replaces the file of the same name', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const old = newArtifact('run.log', `${id} old`);
    await database.artifacts.record(id, attempt, newArtifact('other.log', `${id} other`));
    expect(await database.artifacts.record(id, attempt, old)).toEqual({ superseded: [] });
    const fresh = newArtifact('run.log', `${id} new`);
    expect(await database.artifacts.record(id, attempt, fresh)).toEqual({ superseded: [old.sha256] });
    const names = (await database.artifacts.list('default', id))!.map(({ fileName, sha256 }) => [
      fileName,
      sha256,
    ]);
    expect(names).toEqual([
      ['other.log', blobKey(`${id} other`)],
      ['run.log', fresh.sha256],
    ]);
    expect(await database.artifacts.get('default', id, fresh.id)).toMatchObject({
      bytes: 3,
      url: expect.stringContaining(fresh.id),
    });
    expect(await database.artifacts.get('default', id, old.id)).toBeNull();
    expect(await database.artifacts.get('other', id, fresh.id)).toBeNull();
    expect(await database.artifacts.list('other', id)).toBeNull();
  });
});

test('the evaluation of a later attempt replaces the one before', async () => {
  const { id, attempt } = await runningJob(database, dataset);
  const evaluation = (loss: number) =>
    ({
      object: 'evaluation',
      jobId: id,
      loss,
      confusion: [
        [1, 0],
        [0, 1],
      ],
    }) as unknown as Evaluation;
  expect(await database.evaluations.get('default', id)).toBeNull();
  expect(await database.evaluations.save(id, attempt, evaluation(0.5))).toBe(true);
  expect(await database.evaluations.save(id, attempt, evaluation(0.25))).toBe(true);
  // One that was written before there were views says that it has none.
  const read = { ...evaluation(0.25), testTimeAugmentation: null };
  expect(await database.evaluations.get('default', id)).toEqual(read);
  expect(await database.evaluations.get('other', id)).toBeNull();
});

describe('workers', () => {
  const register = async (id = newId('wkr')) => {
    const engines = [{ name: 'torch', available: true, reason: null, libraries: {}, devices: [] }];
    await database.workers.register({
      id,
      hostname: 'h',
      processId: 7,
      version: '1',
      engines,
      queues: ['train.cpu'],
      threads: 2,
    });
    return id;
  };
  const age = (id: string, seconds: number) =>
    database.pool.query(`update workers set heartbeat_at = now() - $2 * interval '1 second' where id = $1`, [
      id,
      seconds,
    ]);

  test('online, draining, lost, gone and back', async () => {
    const id = await register();
    expect(await database.workers.get(id)).toMatchObject({
      object: 'worker',
      status: 'online',
      processId: 7,
      queues: ['train.cpu'],
      runningJobs: [],
    });
    const job = await runningJob(database, dataset, id);
    expect((await database.workers.get(id))?.runningJobs).toEqual([job.id]);
    expect((await database.workers.list()).find((worker) => worker.id === id)?.runningJobs).toEqual([job.id]);
    expect(await database.workers.drain(id)).toBe(true);
    expect((await database.workers.get(id))?.status).toBe('draining');
    await age(id, 31);
    expect((await database.workers.get(id))?.status).toBe('lost');
    expect(await database.workers.heartbeat(id)).toBe(true);
    expect((await database.workers.get(id))?.status).toBe('draining');
    await age(id, 100);
    expect(await database.workers.removeStale(90_000)).toEqual([id]);
    expect(await database.workers.heartbeat(id)).toBe(false);
    expect(await database.workers.get(id)).toBeNull();
    await register(id);
    await register(id);
    expect((await database.workers.get(id))?.status).toBe('online');
    expect(await database.workers.remove(id)).toBe(true);
    expect(await database.workers.remove(id)).toBe(false);
  });
});
