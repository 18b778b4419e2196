import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Answer, serve } from '../../server.suite.js';
import { captured } from '../captured.suite.js';

let server: Awaited<ReturnType<typeof serve>>;
let answer: Answer;
beforeEach(async () => {
  server = await serve(() => answer);
});
afterEach(() => server.close());

const run = async (...argv: string[]) => {
  const io = { env: { RAVINE_URL: server.url }, defaultDataFolder: '/none' };
  const result = await captured(['jobs', ...argv], io);
  const asked = server.asked.at(-1);
  const body = asked && asked.body.length > 0 ? JSON.parse(asked.body.toString()) : undefined;
  return { ...result, asked: asked && [asked.method, asked.url, body] };
};

it.each([
  [['pause', 'job_1'], 'pausing', ['POST', '/v1/jobs/job_1/pause', undefined]],
  [['resume', 'job_1'], 'queued', ['POST', '/v1/jobs/job_1/resume', undefined]],
  [['cancel', 'job_1', '--now'], 'cancelling', ['POST', '/v1/jobs/job_1/cancel', { mode: 'now' }]],
] as const)('%j asks for it and says what the job is', async (argv, status, asked) => {
  answer = { status: 202, json: { id: 'job_1', status } };
  expect(await run(...argv)).toMatchObject({ code: 0, out: `job_1 is ${status}\n`, asked });
});

it('changes what is given and nothing else', async () => {
  answer = { json: { id: 'job_1' } };
  const flags = ['--priority', '5', '--max-minutes', 'none', '--max-steps', '90'];
  const { code, asked } = await run('update', 'job_1', ...flags);
  const body = { priority: 5, maxMinutes: null, maxSteps: 90 };
  expect([code, asked]).toEqual([0, ['PATCH', '/v1/jobs/job_1', body]]);
});

it('steers by status and label', async () => {
  answer = { json: { changed: ['job_1'], unchanged: 2, missing: ['job_9'] } };
  const { out, asked } = await run(
    'steer',
    'pause',
    '--status',
    'queued',
    '--status',
    'running',
    '--label',
    'a=b',
  );
  expect(asked).toEqual([
    ...['POST', '/v1/jobs/steer'],
    { verb: 'pause', jobs: { status: ['queued', 'running'], labels: { a: 'b' } } },
  ]);
  expect(out).toBe('1 changed, 2 left as they are\njob_1\nthere is no job job_9\n');
  expect((await run('steer', 'pause', '--status', 'asleep')).err).toMatch(/must be one of queued, running/);
});

it('tells the lineage of a job', async () => {
  const attempt = {
    ...{ attempt: 1, workerId: 'wkr_1', engine: 'torch', device: 'cpu', precision: 'bf16', threads: 2 },
    ...{ resumedFrom: { step: 40 }, lastStep: 90, outcome: null, reason: null, startedAt: '2026-01-01' },
  };
  answer = { json: { recipeHash: 'abc', attempts: [attempt], checkpoints: [] } };
  const { out } = await run('lineage', 'job_1');
  expect(out).toContain('recipe abc');
  expect(out).toMatch(/1 +wkr_1 +torch on cpu, bf16, 2 threads +40 +90 +runs/);
});

it('forks with the fields that file and flags change', async () => {
  const recipe = {
    dataset: 'ds_1',
    epochs: 3,
    optimizer: { kind: 'adam', learningRate: 0.1, epsilon: 1e-8 },
  };
  answer = { json: { id: 'job_2', recipe, fork: { keep: 'state', step: 12 } } };
  const { out, asked } = await run(
    'fork',
    'job_1',
    '--epochs',
    '9',
    '--learning-rate',
    '0.01',
    '--keep',
    'state',
  );
  expect(asked).toEqual([
    ...['POST', '/v1/jobs/job_1/fork'],
    { keep: 'state', recipe: { epochs: 9, optimizer: { ...recipe.optimizer, learningRate: 0.01 } } },
  ]);
  expect(out).toBe('job_2 begins at step 12 of job_1\n');
});
