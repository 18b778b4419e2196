import { describe, expect, it } from 'vitest';
import { violationsOf } from './check.js';
import type { JobFacts, Snapshot } from './snapshot.js';

const key = 'a'.repeat(64);
const series = { steps: [1, 2, 3], values: [3, 2, 1] };

const checkpoint = (n: number, attempt: number, rejected = false) => ({
  ...{ id: `ckpt_${n}`, step: n },
  ...{ attempt, rejected },
});

const job = (change: Partial<JobFacts> = {}): JobFacts => ({
  id: 'job_1',
  recipe: 'short',
  expected: ['succeeded'],
  status: 'succeeded',
  failure: null,
  attempt: 2,
  attempts: [
    { attempt: 1, outcome: 'lost', resumedFrom: null },
    { attempt: 2, outcome: 'succeeded', resumedFrom: 'ckpt_2' },
  ],
  checkpoints: [1, 2, 3].map((n) => checkpoint(n, n < 3 ? 1 : 2)),
  transitions: [
    { from: null, to: 'queued' },
    { from: 'queued', to: 'running' },
    { from: 'running', to: 'succeeded' },
  ],
  metrics: { 'train.loss': series, learningRate: series, gradientNorm: series },
  evaluation: { accuracy: 0.5 },
  bestEpoch: 1,
  weights: { best: 'b', last: 'l' },
  resumedAt: [],
  ...change,
});

const snapshot = (change: Partial<Snapshot> = {}): Snapshot => ({
  seed: 7,
  faults: ['kill -9 of worker-1'],
  jobs: [job()],
  blobs: [key],
  named: [{ key, by: 'checkpoint ckpt_1' }],
  deliveries: [{ queue: 'train.cpu', count: 0 }],
  twice: [],
  leftovers: [],
  ...change,
});

const undisturbed = new Map([['short', job()]]);
const checksOf = (change: Partial<Snapshot>) =>
  violationsOf(snapshot(change), undisturbed).map(({ check }) => check);
const checksOfJob = (change: Partial<JobFacts>) => checksOf({ jobs: [job(change)] });

/** The second attempt goes on from there. */
const goingOn = (resumedFrom: string | null) => ({
  attempts: [
    { attempt: 1, outcome: 'lost', resumedFrom: null },
    { attempt: 2, outcome: 'succeeded', resumedFrom },
  ],
});

describe('the checker', () => {
  it('finds nothing where all is well', () => {
    expect(violationsOf(snapshot(), undisturbed)).toEqual([]);
  });

  it('says which job, what was expected, what was found, and under which faults', () => {
    const jobs = [job({ weights: { best: 'b', last: 'x' } })];
    expect(violationsOf(snapshot({ jobs }), undisturbed)).toEqual([
      {
        check: 'weights',
        job: 'job_1',
        seed: 7,
        expected: '"last" weights l, as undisturbed',
        found: 'x, resumed at ',
        faults: ['kill -9 of worker-1'],
      },
    ]);
  });

  it.each<[string, string, Partial<JobFacts>]>([
    ['a job that never ends', 'terminal', { status: 'running', transitions: job().transitions.slice(0, 2) }],
    [
      'a job that fails',
      'ending',
      {
        status: 'failed',
        transitions: [...job().transitions.slice(0, 2), { from: 'running', to: 'failed' }],
      },
    ],
    [
      'a job that ends twice',
      'one-end',
      { transitions: [...job().transitions, { from: 'running', to: 'succeeded' }] },
    ],
    [
      'a step that is not legal',
      'transitions',
      {
        transitions: [
          { from: null, to: 'queued' },
          { from: 'queued', to: 'succeeded' },
        ],
      },
    ],
    [
      'steps that do not join',
      'transitions',
      { transitions: [job().transitions[0]!, job().transitions[2]!] },
    ],
    ['a status that no step led to', 'transitions', { transitions: job().transitions.slice(0, 2) }],
    [
      'a step without a metric',
      'metrics-once',
      { metrics: { ...job().metrics, 'train.loss': { steps: [1, 3], values: [3, 1] } } },
    ],
    [
      'a step with two',
      'metrics-once',
      { metrics: { ...job().metrics, learningRate: { steps: [1, 2, 2, 3], values: [3, 2, 2, 1] } } },
    ],
    [
      'a value that differs',
      'metrics-equal',
      { metrics: { ...job().metrics, 'train.loss': { steps: [1, 2, 3], values: [3, 2.5, 1] } } },
    ],
    [
      'an epoch more than there were',
      'metrics-equal',
      { metrics: { ...job().metrics, 'validation.loss': { steps: [3], values: [1] } } },
    ],
    [
      'an attempt without a row',
      'attempts',
      { attempts: [{ attempt: 2, outcome: 'succeeded', resumedFrom: 'ckpt_2' }] },
    ],
    [
      'an attempt that is not over',
      'attempts',
      { attempts: [{ attempt: 1, outcome: null, resumedFrom: null }], attempt: 1 },
    ],
    [
      'two attempts that succeeded',
      'attempts',
      { attempts: [1, 2].map((attempt) => ({ attempt, outcome: 'succeeded', resumedFrom: null })) },
    ],
    ['an attempt that begins anew', 'work-lost', goingOn(null)],
    ['an attempt that goes on from an old checkpoint', 'work-lost', goingOn('ckpt_1')],
    [
      'an attempt that goes on from a checkpoint that cannot be used',
      'work-lost',
      { checkpoints: [checkpoint(1, 1), checkpoint(2, 1, true)] },
    ],
    ['weights that cannot be read', 'weights', { weights: { best: null, last: 'l' } }],
    ['other best weights', 'weights', { weights: { best: 'x', last: 'l' } }],
    ['another best epoch', 'best', { bestEpoch: 2 }],
    ['another evaluation', 'evaluation', { evaluation: { accuracy: 0.4 } }],
    ['no evaluation', 'evaluation', { evaluation: null }],
  ])('finds %s', (_, check, change) => {
    expect(checksOfJob(change)).toContain(check);
  });

  it.each<[string, string, Partial<Snapshot>]>([
    ['a blob without a row', 'orphan-blob', { blobs: [key, 'b'.repeat(64)] }],
    ['a row without a blob', 'row-without-blob', { blobs: [] }],
    ['a delivery that is left', 'deliveries', { deliveries: [{ queue: 'train.cpu', count: 1 }] }],
    ['a request that made two jobs', 'submitted-once', { twice: ['job_1 and job_2 of one request'] }],
    ['a folder that is left', 'leftovers', { leftovers: ['wkr_1/job-1'] }],
  ])('finds %s', (_, check, change) => {
    expect(checksOf(change)).toEqual([check]);
  });

  it('asks nothing of the results of a job that was to be cancelled', () => {
    const transitions = [job().transitions[0]!, { from: 'queued', to: 'cancelled' }];
    const unbegun = { attempt: 0, attempts: [], checkpoints: [], metrics: {} };
    const jobs = [job({ status: 'cancelled', expected: ['cancelled'], transitions, ...unbegun })];
    expect(violationsOf(snapshot({ jobs }), undisturbed)).toEqual([]);
  });
});
