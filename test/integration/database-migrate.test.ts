import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { migrate, openDatabase } from '@ravine/database';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAdapterFactory } from '../../packages/database/dist/migrate/adapter.js';
import { newJob, readyDataset } from '../support/database.js';
import { type TestPostgres, testPostgres } from '../support/postgres.js';

const repository = fileURLToPath(new URL('../../', import.meta.url));
let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await testPostgres();
});
afterAll(() => postgres.stop());

async function query(url: string, statement: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return (await client.query(statement).finally(() => client.end())).rows;
}

/** The command line; answers its exit code and what it said. */
const command = (url: string, ...args: string[]) =>
  promisify(execFile)(process.execPath, [`${repository}packages/database/dist/migrate/main.js`, ...args], {
    env: { ...process.env, DATABASE_URL: url },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error) => ({ code: error.code as number, output: error.stdout + error.stderr }),
  );

const migrations = async () =>
  (await readdir(`${repository}prisma/migrations`)).filter((name) => /^\d/.test(name)).sort();

describe('migrate', () => {
  test('of concurrent callers one applies everything, the others nothing', async () => {
    const url = await postgres.freshDatabase();
    const answers = await Promise.all(Array.from({ length: 5 }, () => migrate(url)));
    expect(answers.filter(({ applied }) => applied.length > 0)).toEqual([{ applied: await migrations() }]);
    expect(await migrate(url)).toEqual({ applied: [] });
  });

  test('check refuses a database without migrations and accepts it with them', async () => {
    const url = await postgres.freshDatabase();
    const database = await openDatabase({ url });
    await expect(database.check()).rejects.toMatchObject({
      code: 'service_unavailable',
      detail: expect.stringMatching(/lacks \d+_initial.*npm run migrate/),
    });
    await migrate(url);
    expect((await database.check()).serverVersion).toMatch(/^\d\d/);
    await database.close();
  });

  test('a database made with another version of a migration is refused, not changed', async () => {
    const url = await postgres.freshDatabase();
    await migrate(url);
    await query(url, `update _prisma_migrations set checksum = 'other'`);
    await expect(migrate(url)).rejects.toThrow(/another version of the migration/);
    const database = await openDatabase({ url });
    await expect(database.check()).rejects.toThrow(/another version of the migration/);
    await database.close();
  });

  test('objects that are in the way are named, and nothing is half applied', async () => {
    const url = await postgres.freshDatabase();
    await query(url, 'create table workers (mine int)');
    await expect(migrate(url)).rejects.toThrow(/could not be migrated/);
    expect(await query(url, `select to_regclass('jobs') as jobs`)).toEqual([{ jobs: null }]);
    expect(await query(url, 'select * from workers')).toEqual([]);
  });
});

describe('the command', () => {
  test('deploys, and finds neither drift nor differences', async () => {
    const url = await postgres.freshDatabase();
    expect((await command(url, 'status')).code).toBe(1);
    expect(await command(url, 'deploy')).toMatchObject({
      code: 0,
      output: expect.stringContaining('applied'),
    });
    expect(await command(url, 'deploy')).toMatchObject({ code: 0, output: 'nothing to apply\n' });
    expect((await command(url, 'status')).code).toBe(0);
    const drift = await command(url, 'drift');
    expect(drift, `schema.prisma asks for a migration:\n${drift.output}`).toMatchObject({ code: 0 });
  });

  test('dev leaves rows and other databases alone', async () => {
    const url = await postgres.freshDatabase();
    await migrate(url);
    const database = await openDatabase({ url });
    const dataset = await readyDataset(database);
    const job = await database.jobs.create('default', newJob(dataset));
    expect(await command(url, 'dev', 'nothing')).toMatchObject({
      code: 0,
      output: 'schema.prisma asks for no change\n',
    });
    expect(await database.jobs.get('default', job.id)).toEqual(job);
    expect(await query(url, `select datname from pg_database where datname like 'ravine_shadow%'`)).toEqual(
      [],
    );
    await database.close();
  });

  test('dev brings an empty database up to date before it compares', async () => {
    const url = await postgres.freshDatabase();
    expect(await command(url, 'dev', 'nothing')).toMatchObject({
      code: 0,
      output: 'schema.prisma asks for no change\n',
    });
  });

  test('explains itself, and says what fails without a stack', async () => {
    const url = await postgres.freshDatabase();
    expect(await command(url)).toMatchObject({ code: 64, output: expect.stringContaining('dev <name>') });
    expect(await command(url, 'constructor')).toMatchObject({ code: 64 });
    expect(await command(url, 'dev', '../x')).toMatchObject({ code: 64 });
    const gone = new URL(url);
    gone.pathname = '/nowhere';
    const failed = await command(gone.href, 'deploy');
    expect(failed).toMatchObject({ code: 1, output: expect.stringContaining('does not exist') });
    expect(failed.output.split('\n')).toHaveLength(2);
  });
});

test('a script of the engine is applied completely or not at all', async () => {
  const url = await postgres.freshDatabase();
  const { factory, close } = createAdapterFactory(url);
  const connected = await factory.connect();
  if (!connected.ok) throw new Error('no connection');
  const failing = await connected.value.executeScript(
    `create table half (n int); do $$ begin perform 1; end $$; select 1 / 0;`,
  );
  expect(failing).toMatchObject({ ok: false });
  expect(await query(url, `select to_regclass('half') as half`)).toEqual([{ half: null }]);
  await close();
});

test('times are right whatever the time zone of the database is', async () => {
  const url = await postgres.freshDatabase();
  await migrate(url);
  await query(url, `alter database "${new URL(url).pathname.slice(1)}" set timezone to 'Asia/Tokyo'`);
  const given = new URL(url);
  given.searchParams.set('options', '-c work_mem=5MB');
  const database = await openDatabase({ url: given.href });
  const job = await database.jobs.create('default', newJob(await readyDataset(database)));
  for (const at of [job.createdAt, job.transitions[0]!.at])
    expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(60_000);
  const { rows } = await database.pool.query(
    `select current_setting('TimeZone') as zone, current_setting('work_mem') as memory`,
  );
  expect(rows).toEqual([{ zone: 'UTC', memory: '5MB' }]);
  await database.close();
});
