import type { JobClaim } from '@ravine/database';
import { expect, test } from 'vitest';
import type { WorkerContext } from '../parts.js';
import { ofFailure } from './ending.js';
import { finishJob, retryMsAfter } from './finish.js';

test('a job whose disk is full waits longer after each attempt, five minutes at most', () => {
  const waits = [0, 1, 2, 4, 5, 11].map((fruitless) => retryMsAfter({ code: 'storage_full' }, fruitless));
  expect(waits).toEqual([15_000, 30_000, 60_000, 240_000, 300_000, 300_000]);
});

test('a job whose process was killed from outside is tried again at once', () => {
  expect(retryMsAfter({ code: 'process_killed' }, 7)).toBe(1_000);
});

test.each([
  ['is delivered after its wait, under the key that the sweeper uses', async () => {}, 'done'],
  [
    'keeps the delivery that there is while the queue is away',
    () => Promise.reject(new Error('away')),
    { retryInMs: 60_000 },
  ],
])('a job whose disk was full %s', async (_, enqueue, outcome) => {
  const asked: unknown[] = [];
  const context = {
    shutdown: new AbortController().signal,
    database: { jobs: { handBack: async () => 'queued' } },
    log: { warn: () => {} },
    queues: {
      enqueue: (...call: unknown[]) => {
        asked.push(call);
        return enqueue();
      },
    },
  } as unknown as WorkerContext; // all that an end which goes back to the queue needs
  const claim = {
    job: { id: 'job_1', priority: 5 },
    queue: 'train.cpu',
    attempt: 3,
    fruitless: 2,
  } as unknown as JobClaim;
  const failure = { class: 'infrastructure', code: 'storage_full', message: 'full', step: null } as const;
  const ending = ofFailure({ ...failure, retryable: true, evidence: {} });
  expect(await finishJob(claim, ending, context)).toEqual(outcome);
  expect(asked).toEqual([['train.cpu', 'job_1', { priority: 5, delayMs: 60_000, dedupeKey: 'job_1:3' }]]);
});
