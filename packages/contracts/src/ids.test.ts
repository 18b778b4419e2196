import { expect, test } from 'vitest';
import { DatasetId, JobId, newId } from './ids.js';

test('an id has its prefix and is accepted by its schema alone', () => {
  const id = newId('job');
  expect(JobId.parse(id)).toBe(id);
  expect(DatasetId.safeParse(id).success).toBe(false);
  for (const bad of [id.toUpperCase(), `${id}0`, id.slice(0, -1), id.replace('job_', ''), `${id}\n`]) {
    expect(JobId.safeParse(bad).success, bad).toBe(false);
  }
});

test('ids sort by time of creation', () => {
  const times = [0, 1, 31, 32, 1_700_000_000_000, 1_700_000_000_001, 2 ** 48 - 1];
  const ids = times.map((time) => newId('job', time));
  expect([...ids].sort()).toEqual(ids);
});

test('a thousand ids of one millisecond differ', () => {
  expect(new Set(Array.from({ length: 1000 }, () => newId('ds', 1))).size).toBe(1000);
});
