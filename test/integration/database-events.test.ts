import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { newId } from '@ravine/contracts';
import { type Database, migrate, openDatabase } from '@ravine/database';
import { startEmbedded } from '@ravine/database/embedded';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  newDataset,
  newJob,
  readyDataset,
  runningJob,
  type TestDatabase,
  testDatabase,
} from '../support/database.js';

let open: TestDatabase;
let database: Database;
let dataset: string;
const errors: Error[] = [];

beforeAll(async () => {
  open = await testDatabase({ onError: (error) => errors.push(error) });
  database = open.database;
  dataset = await readyDataset(database);
});
afterAll(() => open.close());

const log = (message: string) => ({ type: 'log', level: 'info' as const, message, data: { message } });

describe('events', () => {
  test('sequences have no gaps and no doubles under concurrent writers', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const before = (await database.events.read(id, 0, 100)).length;
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        database.events.append(id, n % 2 ? attempt : null, [log(`${n} a`), log(`${n} b`)]),
      ),
    );
    const all = await database.events.read(id, 0, 1000);
    expect(all.map(({ sequence }) => sequence)).toEqual(Array.from({ length: before + 80 }, (_, n) => n + 1));
    for (const [a, b] of answers) expect(b).toBe(a! + 1); // a batch stays together
    const times = all.map(({ at }) => Date.parse(at));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test('a reader that follows sees every event in order', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const seen: number[] = [];
    let writing = true;
    const writers = Promise.all(
      Array.from({ length: 8 }, async (_, w) => {
        for (let n = 0; n < 10; n += 1) await database.events.append(id, attempt, [log(`${w} ${n}`)]);
      }),
    ).then(() => {
      writing = false;
    });
    const follow = async () => {
      for (const { sequence } of await database.events.read(id, seen.at(-1) ?? 0, 7)) seen.push(sequence);
    };
    while (writing) await follow();
    await writers;
    for (let before = -1; before !== seen.length; ) {
      before = seen.length;
      await follow();
    }
    expect(seen).toEqual(Array.from({ length: 82 }, (_, n) => n + 1));
  });

  test('a write that fails leaves no hole', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const bad = database.events.append(id, attempt, [{ ...log('x'), level: 'loud' as 'info' }]);
    await expect(bad).rejects.toThrow(/job_events_level_check/);
    const [next] = await database.events.append(id, attempt, [log('y')]);
    expect((await database.events.read(id, next! - 1, 10)).map(({ message }) => message)).toEqual(['y']);
    expect((await database.events.read(id, 0, 100)).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  test('a report that is repeated, because its answer was lost, is written once', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const before = (await database.events.read(id, 0, 100)).length;
    for (const report of ['r1', 'r1', 'r2', 'r2'])
      await database.events.append(id, attempt, [log(report)], report);
    for (const phase of ['training', 'training', 'testing']) await database.jobs.phase(id, attempt, phase);
    const written = (await database.events.read(id, before, 100)).map(({ message }) => message);
    expect(written).toEqual(['r1', 'r2', 'training', 'testing']);
  });

  test('text of any kind is kept as it is, or made storable', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const message = `'; drop table jobs; -- \u0000 "\\u0000" 🐈 \n`;
    await database.events.append(id, attempt, [
      { ...log(message), data: { deep: [{ message }], '\u0000': 1 } },
    ]);
    const last = (await database.events.read(id, 2, 1))[0];
    const kept = message.replaceAll('\u0000', '\ufffd');
    expect(last).toMatchObject({ message: kept, data: { deep: [{ message: kept }], '\ufffd': 1 } });
  });

  test('nothing is appended to a job that is not there', async () => {
    expect(await database.events.append(newId('job'), null, [log('x')])).toEqual([]);
    expect(await database.events.append((await runningJob(database, dataset)).id, null, [])).toEqual([]);
  });
});

describe('listen', () => {
  /** Resolves with the first id that is told of after the change. */
  async function told(
    channel: 'job' | 'dataset' | 'prediction',
    wanted: () => string,
    change: () => Promise<unknown>,
  ) {
    const ids: string[] = [];
    const stop = await database.listen(channel, (id) => ids.push(id));
    await change();
    await expect.poll(() => ids.includes(wanted())).toBe(true);
    await stop();
  }

  test('tells of jobs, their events and datasets', async () => {
    const job = newJob(dataset);
    await told(
      'job',
      () => job.id,
      () => database.jobs.create('default', job),
    );
    await told(
      'job',
      () => job.id,
      () => database.events.append(job.id, null, [log('x')]),
    );
    const fresh = newDataset();
    await told(
      'dataset',
      () => fresh.id,
      () => database.datasets.create('default', fresh),
    );
  });

  test('comes back after its connection is terminated', async () => {
    const ids: string[] = [];
    const stop = await database.listen('job', (id) => ids.push(id));
    const { rowCount } = await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %' and datname = current_database()`,
    );
    expect(rowCount).toBe(1);
    const { id } = await database.jobs.create('default', newJob(dataset));
    await expect
      .poll(async () => {
        await database.events.append(id, null, [log('again')]);
        return ids.includes(id);
      })
      .toBe(true);
    await stop();
  });

  test('a handler that has stopped is told nothing', async () => {
    const ids: string[] = [];
    await (await database.listen('job', (id) => ids.push(id)))();
    const job = newJob(dataset);
    await told(
      'job',
      () => job.id,
      () => database.jobs.create('default', job),
    );
    expect(ids).toEqual([]);
  });
});

describe('an outage', () => {
  test('is named, and over when the server is back', async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'ravine-outage-'));
    await chmod(dir, 0o711);
    let server = await startEmbedded({ dir });
    const { url } = server;
    const secret = new URL(url).password;
    await migrate(url);
    const under = await openDatabase({ url });
    try {
      const datasetId = await readyDataset(under);
      const { id, attempt } = await runningJob(under, datasetId);
      const heard: string[] = [];
      await under.listen('job', (job) => heard.push(job));
      await server.stop();
      for (const call of [
        () => under.jobs.get('default', id),
        () => under.jobs.list('default', { limit: 1 }),
        () => under.jobs.claim(id, 'wkr_x'),
        () => under.metrics.append(id, attempt, { names: ['a'], steps: [1], values: [1] }),
        () => under.workers.list(),
        () => under.idempotency.begin('default', 'k', 'r', null),
        () => under.check(),
      ]) {
        const error = await call().catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: 'service_unavailable', retryable: true });
        expect((error as Error).message).toContain('127.0.0.1');
        expect((error as Error).message).not.toContain(secret);
      }
      await expect(migrate(url)).rejects.toMatchObject({ code: 'service_unavailable' });
      server = await startEmbedded({ dir });
      expect((await under.jobs.get('default', id))?.status).toBe('running');
      expect(await under.metrics.append(id, attempt, { names: ['a'], steps: [1], values: [1] })).toBe(true);
      await expect
        .poll(async () => {
          await under.events.append(id, attempt, [log('back')]);
          return heard.includes(id);
        })
        .toBe(true);
    } finally {
      await under.close();
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    }
  });

  test('a wrong address, user or name of the database says so', async () => {
    const changed = (change: (url: URL) => void) => {
      const url = new URL(open.url);
      change(url);
      return migrate(url.href).catch((error: Error) => error.message);
    };
    expect(
      await changed((url) => {
        url.pathname = '/nowhere';
      }),
    ).toMatch(/nowhere.*does not exist; create it/);
    expect(
      await changed((url) => {
        url.username = 'nobody-at-all'; // trusting servers do not look at passwords
      }),
    ).toMatch(/user or password is wrong/);
    expect(
      await changed((url) => {
        url.port = '1';
      }),
    ).toMatch(/nothing listens there/);
    await expect(openDatabase({ url: 'mysql://x' })).rejects.toThrow(/postgresql:\/\//);
  });
});
