import type { Database, NewLine } from '@ravine/database';
import { StaleAttempt } from '@ravine/database';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readyDataset, runningJob, type TestDatabase, testDatabase } from '../support/database.js';

let open: TestDatabase;
let database: Database;
let dataset: string;
beforeAll(async () => {
  open = await testDatabase();
  database = open.database;
  dataset = await readyDataset(database);
});
afterAll(() => open.close());

const output = (message: string, level: NewLine['level'] = 'info'): NewLine => ({
  level,
  source: 'training',
  message,
});
const read = async (id: string, level: NewLine['level'] = 'debug', after = 0) =>
  (await database.logs.read(id, after, 20_000, level)).lines;

test('events and lines are one stream in the order in which they were written', async () => {
  const { id, attempt } = await runningJob(database, dataset);
  await database.logs.append(id, attempt, [output('loss 1'), { ...output('said'), source: null }]);
  await database.events.append(id, attempt, [{ type: 'epoch', level: 'info', message: 'epoch 1: done' }]);
  await database.events.append(id, null, [{ type: 'note', level: 'warning', message: 'from outside' }]);
  await database.jobs.finish(id, attempt, { status: 'succeeded', stopReason: 'completed' });
  const lines = await read(id);
  expect(lines.map(({ source, message }) => [source, message])).toEqual([
    ['service', 'status queued'],
    ['worker', 'status running'],
    ['training', 'loss 1'],
    ['worker', 'said'],
    ['worker', 'epoch 1: done'],
    ['service', 'from outside'],
    ['worker', 'status succeeded: completed'],
  ]);
  expect(lines.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(lines.map((line) => line.attempt)).toEqual([null, 1, 1, 1, 1, null, 1]);
  expect((await read(id, 'warning')).map(({ message }) => message)).toEqual(['from outside']);
  expect(await read(id, 'debug', 7)).toEqual([]);
});

test('an attempt that is over writes no line', async () => {
  const { id, attempt } = await runningJob(database, dataset);
  await expect(database.logs.append(id, attempt - 1, [output('late')])).rejects.toThrow(StaleAttempt);
  await database.jobs.finish(id, attempt, { status: 'succeeded', stopReason: 'completed' });
  await expect(database.logs.append(id, attempt, [output('late')])).rejects.toThrow(StaleAttempt);
  expect((await read(id)).map(({ message }) => message)).not.toContain('late');
});

test('a line is one line, of bounded length, and harmless to show', async () => {
  const { id, attempt } = await runningJob(database, dataset);
  const esc = String.fromCharCode(27);
  await database.logs.append(id, attempt, [
    output(`${esc}[31mred${esc}[0m and ${esc}]0;title${String.fromCharCode(7)}more`),
    output('one\r\n  two\u2028three'),
    output('nul \u0000, bell \u0007, turned \u202e, half \ud800'),
    output('x'.repeat(100_000)),
  ]);
  const [colours, lines, escaped, long] = (await read(id)).slice(-4).map(({ message }) => message);
  expect(colours).toBe('red and more');
  expect(lines).toBe('one ⏎ two ⏎ three');
  expect(escaped).toBe('nul \\u0000, bell \\u0007, turned \\u202e, half \ufffd');
  expect(long).toHaveLength(2_000);
  expect(long).toMatch(/^x+ … \(cut\)$/);
});

test('a log keeps its size: output of the process goes first, what is urgent last, and the rest is counted', async () => {
  const { id, attempt } = await runningJob(database, dataset);
  await database.logs.append(id, attempt, [output('careful', 'warning')]);
  for (let batch = 0; batch < 24; batch += 1) {
    const lines = Array.from({ length: 500 }, (_, i) => output(String(batch * 500 + i)));
    await database.logs.append(id, attempt, lines);
  }
  await database.logs.append(id, attempt, [output('the last')]);
  const { lines, dropped } = await database.logs.read(id, 0, 20_000, 'debug');
  expect(lines.length).toBeLessThanOrEqual(10_500);
  expect(lines.length + dropped).toBe(12_000 + 4);
  expect(lines.slice(0, 3).map(({ message }) => message)).toEqual([
    'status queued',
    'status running',
    'careful',
  ]);
  expect(lines.at(-1)?.message).toBe('the last');
  const numbers = lines.slice(3, -1).map(({ message }) => Number(message));
  expect(numbers).toEqual(numbers.map((_, i) => 12_000 - numbers.length + i));
});

test('the last lines of a level begin after a sequence', async () => {
  const { id, attempt } = await runningJob(database, dataset);
  await database.logs.append(
    id,
    attempt,
    Array.from({ length: 10 }, (_, i) => output(String(i), i % 2 ? 'error' : 'debug')),
  );
  const last = async (count: number, level: NewLine['level']) =>
    (await read(id, level, await database.logs.beforeLast(id, count, level))).map(({ message }) => message);
  expect(await last(3, 'debug')).toEqual(['7', '8', '9']);
  expect(await last(2, 'warning')).toEqual(['7', '9']);
  expect(await last(0, 'debug')).toEqual([]);
  expect(await last(1000, 'error')).toEqual(['1', '3', '5', '7', '9']);
});
