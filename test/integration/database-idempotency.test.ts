import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@ravine/database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createIdempotency } from '../../packages/database/dist/idempotency.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

let open: TestDatabase;
let keys: TestDatabase['database']['idempotency'];

beforeAll(async () => {
  open = await testDatabase();
  keys = open.database.idempotency;
});
afterAll(() => open.close());

const ROUTE = 'POST /v1/jobs';
const answer = { status: 201, body: { id: 'job_1', deep: [null, 'ä'] }, requestHash: 'h1' };
const expireLock = (key: string) =>
  open.database.pool.query(
    `update idempotency_keys set locked_until = now() - interval '1 second' where key = $1`,
    [key],
  );

describe('states', () => {
  test('new, in progress, then the same answer again', async () => {
    expect(await keys.begin('default', 'a', ROUTE, 'h1')).toMatchObject({ state: 'new' });
    expect(await keys.begin('default', 'a', ROUTE, 'h1')).toEqual({ state: 'in_progress' });
    await keys.complete('default', 'a', answer);
    expect(await keys.begin('default', 'a', ROUTE, 'h1')).toEqual({ state: 'replay', ...answer });
  });

  test('another body, or another route, is a mismatch at any time', async () => {
    await keys.begin('default', 'b', ROUTE, 'h1');
    expect(await keys.begin('default', 'b', ROUTE, 'h2')).toEqual({ state: 'mismatch' });
    expect(await keys.begin('default', 'b', 'POST /v1/models', 'h1')).toEqual({ state: 'mismatch' });
    await keys.complete('default', 'b', answer);
    expect(await keys.begin('default', 'b', ROUTE, 'h2')).toEqual({ state: 'mismatch' });
  });

  test('an upload learns its hash at the end, and whoever repeats it compares', async () => {
    expect(await keys.begin('default', 'up', ROUTE, null)).toMatchObject({ state: 'new' });
    expect(await keys.begin('default', 'up', ROUTE, null)).toEqual({ state: 'in_progress' });
    await keys.complete('default', 'up', answer);
    expect(await keys.begin('default', 'up', ROUTE, null)).toEqual({ state: 'replay', ...answer });
  });

  test('an abandoned key may be used again, with another body', async () => {
    await keys.begin('default', 'c', ROUTE, 'h1');
    await keys.abandon('default', 'c');
    expect(await keys.begin('default', 'c', ROUTE, 'h2')).toMatchObject({ state: 'new' });
  });

  test('projects do not share keys', async () => {
    await keys.begin('default', 'd', ROUTE, 'h1');
    expect(await keys.begin('other', 'd', ROUTE, 'h2')).toMatchObject({ state: 'new' });
  });

  test('an answer without a body is kept', async () => {
    await keys.begin('default', 'e', ROUTE, 'h1');
    await keys.complete('default', 'e', { status: 204, body: undefined, requestHash: 'h1' });
    expect(await keys.begin('default', 'e', ROUTE, 'h1')).toMatchObject({
      state: 'replay',
      status: 204,
      body: null,
    });
  });
});

describe('races', () => {
  test('one of many requests at the same time is new', async () => {
    const begun = await Promise.all(
      Array.from({ length: 16 }, () => keys.begin('default', 'race', ROUTE, 'h1')),
    );
    expect(begun.filter(({ state }) => state === 'new')).toHaveLength(1);
    expect(begun.filter(({ state }) => state === 'in_progress')).toHaveLength(15);
  });

  test('one of many gets the key of a process that died, and the dead one can do nothing with it', async () => {
    const dead = await openDatabase({ url: open.url });
    const first = await dead.idempotency.begin('default', 'dead', ROUTE, 'h1');
    await expireLock('dead');
    expect(await keys.begin('default', 'dead', ROUTE, 'h2')).toEqual({ state: 'mismatch' });
    const begun = await Promise.all(
      Array.from({ length: 16 }, () => keys.begin('default', 'dead', ROUTE, 'h1')),
    );
    const { reservedId } = first as Extract<typeof first, { state: 'new' }>;
    expect(reservedId).toMatch(/^[0-9a-z]{26}$/);
    expect(begun.filter(({ state }) => state === 'new')).toEqual([{ state: 'new', reservedId, again: true }]);
    await dead.idempotency.complete('default', 'dead', { ...answer, status: 500 });
    await dead.idempotency.abandon('default', 'dead');
    expect(await keys.begin('default', 'dead', ROUTE, 'h1')).toEqual({ state: 'in_progress' });
    await keys.complete('default', 'dead', answer);
    expect(await keys.begin('default', 'dead', ROUTE, 'h1')).toMatchObject({ state: 'replay', status: 201 });
    await dead.close();
  });
});

test('what a failed request may have made, the same request finds again, and no other one', async () => {
  const first = await keys.begin('default', 'cut', ROUTE, 'h1');
  const { reservedId } = first as Extract<typeof first, { state: 'new' }>;
  await keys.release('default', 'cut');
  expect(await keys.begin('default', 'cut', ROUTE, 'h2')).toEqual({ state: 'mismatch' });
  expect(await keys.begin('default', 'cut', ROUTE, 'h1')).toEqual({ state: 'new', reservedId, again: true });
});

test('an answer that could not be kept does not hold its key', async () => {
  const own = await openDatabase({ url: open.url });
  const cut = createIdempotency(own.pool, { lockMs: 300, renewMs: 50 });
  await cut.begin('default', 'unkept', ROUTE, 'h1');
  const unstorable = { ...answer, requestHash: '\u0000' };
  await expect(cut.complete('default', 'unkept', unstorable)).rejects.toThrow();
  const again = () => keys.begin('default', 'unkept', ROUTE, 'h1');
  await expect.poll(again, { interval: 100, timeout: 5000 }).toMatchObject({ state: 'new', again: true });
  cut.close();
  await own.close();
});

test('a request that runs long keeps its key as long as its process lives', async () => {
  const long = createIdempotency(open.database.pool, { lockMs: 4000, renewMs: 100 });
  expect(await long.begin('default', 'slow', ROUTE, 'h1')).toMatchObject({ state: 'new' });
  await sleep(4500);
  expect(await keys.begin('default', 'slow', ROUTE, 'h1')).toEqual({ state: 'in_progress' });
  long.close(); // as good as dead
  const again = () => keys.begin('default', 'slow', ROUTE, 'h1');
  await expect.poll(again, { interval: 500 }).toMatchObject({ state: 'new' });
});

test('old answers are forgotten, what runs is not', async () => {
  await keys.begin('default', 'old', ROUTE, 'h1');
  await keys.complete('default', 'old', answer);
  await keys.begin('default', 'long', ROUTE, 'h1');
  await open.database.pool.query(
    `update idempotency_keys set created_at = now() - interval '3 days' where key in ('old', 'long')`,
  );
  await expireLock('old');
  expect(await keys.purge(48 * 3_600_000)).toBe(1);
  expect(await keys.begin('default', 'old', ROUTE, 'h2')).toMatchObject({ state: 'new' });
  expect(await keys.begin('default', 'long', ROUTE, 'h1')).toEqual({ state: 'in_progress' });
});
