import type { Job, Lineage, SteeredJobs } from '@ravine/contracts';
import { newId } from '@ravine/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readyDataset, registerWorker, testApi } from '../../support/api.js';

let api: Awaited<ReturnType<typeof testApi>>;
let dataset: string;
let workerId: string;
beforeAll(async () => {
  api = await testApi();
  dataset = (await readyDataset(api)).dataset.id;
  workerId = await registerWorker(api);
});
afterAll(() => api?.close());

const send = (method: 'POST' | 'PATCH', url: string, payload: object = {}) =>
  api.app.inject({ method, url, payload });
const submit = async (more: object = {}): Promise<Job> =>
  (await send('POST', '/v1/jobs', { recipe: { dataset, preset: 'shapes' }, ...more })).json();
const verb = (id: string, name: string) => send('POST', `/v1/jobs/${id}/${name}`);
const steer = async (body: object): Promise<SteeredJobs> => {
  const answer = await send('POST', '/v1/jobs/steer', body);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
};

test('a queued job is paused at once, keeps nobody busy, and waits again when it is resumed', async () => {
  const { id } = await submit();
  expect((await verb(id, 'pause')).json()).toMatchObject({ status: 'paused', terminal: false });
  expect(await api.queues.has('train.cpu', id)).toBe(false);
  expect(await api.database.jobs.claim(id, workerId)).toBeNull();
  expect((await verb(id, 'pause')).json().transitions).toHaveLength(2);
  expect((await verb(id, 'resume')).json()).toMatchObject({ status: 'queued' });
  expect(await api.queues.has('train.cpu', id)).toBe(true);
  await verb(id, 'cancel');
});

test('a running job is pausing until its worker lets go; the pause may be withdrawn', async () => {
  const { id } = await submit();
  const claim = await api.database.jobs.claim(id, workerId);
  const attempt = claim?.attempt ?? 0;
  const why = { reason: 'stopped', failure: null };
  expect((await verb(id, 'pause')).json()).toMatchObject({ status: 'pausing', workerId });
  expect(await api.database.jobs.wish(id, attempt)).toMatchObject({ status: 'pausing' });
  expect(await api.database.jobs.handBack(id, attempt, why)).toBe('paused');

  expect((await verb(id, 'resume')).json()).toMatchObject({ status: 'queued' });
  expect(await api.queues.has('train.cpu', `${id}:1`)).toBe(true);
  const again = (await api.database.jobs.claim(id, workerId))?.attempt ?? 0;
  await verb(id, 'pause');
  expect((await verb(id, 'resume')).json()).toMatchObject({ status: 'running' });
  expect(await api.database.jobs.handBack(id, again, why)).toBe('queued');
  await verb(id, 'cancel');
});

test.each([
  ['succeeded', 'pause', 'fork'],
  ['succeeded', 'resume', 'fork'],
  ['cancelling', 'pause', 'fork'],
  ['cancelling', 'resume', 'fork'],
] as const)('a job that is %s refuses to %s and says what is possible', async (status, name, possible) => {
  const { id } = await submit();
  const attempt = (await api.database.jobs.claim(id, workerId))?.attempt ?? 0;
  if (status === 'cancelling') await verb(id, 'cancel');
  else await api.database.jobs.finish(id, attempt, { status, stopReason: 'completed' });
  const answer = await verb(id, name);
  expect(answer.json()).toMatchObject({
    ...{ status: 409, code: 'illegal_transition', data: { status, possible: [possible] } },
    detail: `A job that is ${status} cannot be ${name === 'pause' ? 'paused' : 'resumed'}; possible: ${possible}`,
  });
});

test('a job that is not there is not found', async () => {
  for (const path of ['pause', 'resume', 'cancel'])
    expect((await verb(newId('job'), path)).json().code).toBe('job_not_found');
  expect((await send('PATCH', `/v1/jobs/${newId('job')}`, { name: 'x' })).json().code).toBe('job_not_found');
  expect((await api.app.inject(`/v1/jobs/${newId('job')}/lineage`)).json().code).toBe('job_not_found');
});

test('name, labels, priority and limits change while a job waits; the queue follows', async () => {
  const first = await submit();
  const second = await submit();
  const changed = await send('PATCH', `/v1/jobs/${second.id}`, {
    ...{ name: 'urgent', labels: { why: 'deadline' }, priority: 50, maxMinutes: 3 },
  });
  expect(changed.json()).toMatchObject({
    ...{ name: 'urgent', labels: { why: 'deadline' }, priority: 50, maxMinutes: 3 },
  });
  const order: string[] = [];
  const consumer = await api.queues.consume(
    'train.cpu',
    async ({ id }) => {
      order.push(id);
      return 'done';
    },
    { concurrency: 1 },
  );
  await expect.poll(() => order.filter((id) => id === first.id || id === second.id)).toHaveLength(2);
  await consumer.close({ handBack: true });
  expect(order.indexOf(second.id)).toBeLessThan(order.indexOf(first.id));
  for (const { id } of [first, second]) await verb(id, 'cancel');
});

test('of a job that has ended only what describes it changes', async () => {
  const { id } = await submit();
  await verb(id, 'cancel');
  expect((await send('PATCH', `/v1/jobs/${id}`, { name: 'old', labels: {} })).json()).toMatchObject({
    name: 'old',
  });
  const refused = await send('PATCH', `/v1/jobs/${id}`, { priority: 1, name: 'new' });
  expect(refused.json()).toMatchObject({ status: 409, code: 'conflict', data: { status: 'cancelled' } });
  expect((await api.app.inject(`/v1/jobs/${id}`)).json().name).toBe('old');
  expect((await send('PATCH', `/v1/jobs/${id}`, {})).json()).toMatchObject({
    code: 'validation_failed',
    errors: [{ message: 'names nothing to change' }],
  });
});

test('one request steers every job that it selects, and no other', async () => {
  const labels = { sweep: 'night' };
  const [queued, running, done] = await Promise.all([
    submit({ labels }),
    submit({ labels }),
    submit({ labels }),
  ]);
  const other = await submit({ labels: { sweep: 'day' } });
  await api.database.jobs.claim(running.id, workerId);
  await verb(done.id, 'cancel');
  const status = async (id: string) => (await api.app.inject(`/v1/jobs/${id}`)).json().status;

  const paused = await steer({ verb: 'pause', jobs: { labels } });
  expect(paused.changed.toSorted()).toEqual([queued.id, running.id].toSorted());
  expect(paused).toMatchObject({ unchanged: 1, missing: [] });
  expect(await Promise.all([queued, running, done, other].map(({ id }) => status(id)))).toEqual([
    ...['paused', 'pausing', 'cancelled', 'queued'],
  ]);
  expect((await steer({ verb: 'resume', jobs: { labels, status: ['paused'] } })).changed).toEqual([
    queued.id,
  ]);
  expect(await api.queues.has('train.cpu', queued.id)).toBe(true);
  const missing = newId('job');
  const ended = await steer({
    verb: 'cancel',
    mode: 'now',
    jobs: { ids: [queued.id, running.id, missing, queued.id] },
  });
  expect(ended.changed.toSorted()).toEqual([queued.id, running.id].toSorted());
  expect(ended).toMatchObject({ unchanged: 0, missing: [missing] });
  expect(await Promise.all([queued, running].map(({ id }) => status(id)))).toEqual([
    'cancelled',
    'cancelling',
  ]);
  await verb(other.id, 'cancel');
});

test.each([
  [{ verb: 'pause', jobs: {} }, '/jobs', /every job there is/],
  [{ verb: 'pause', mode: 'now', jobs: { status: ['running'] } }, '/mode', /cancel alone/],
  [{ verb: 'explode', jobs: { status: ['running'] } }, '/verb', /./],
  [{ verb: 'pause', jobs: { ids: ['job_1'] } }, '/jobs/ids/0', /must be the id of a job/],
])('the request %j to steer is refused with its place', async (body, pointer, message) => {
  const answer = await send('POST', '/v1/jobs/steer', body);
  expect(answer.json()).toMatchObject({ status: 422, code: 'validation_failed' });
  expect(answer.json().errors).toMatchObject([{ pointer, message: expect.stringMatching(message) }]);
});

test('lineage tells every attempt and what it went on from', async () => {
  const { id, recipeHash } = await submit();
  const { jobs, checkpoints, metrics } = api.database;
  const first = (await jobs.claim(id, workerId))?.attempt ?? 0;
  await jobs.started(id, first, { engine: 'torch', device: 'cpu', precision: 'fp32', threads: 2 });
  await metrics.append(id, first, { names: ['train.loss'], steps: [7], values: [1] });
  const checkpoint = {
    ...{ id: newId('ckpt'), step: 7, epoch: 1, roles: ['last' as const], bytes: 1 },
    ...{ validationLoss: null, validationAccuracy: null, sha256: 'a'.repeat(64) },
  };
  await checkpoints.record(id, first, checkpoint);
  await jobs.handBack(id, first, { reason: 'the worker shuts down', failure: null });
  const second = (await jobs.claim(id, workerId))?.attempt ?? 0;
  const point = { checkpointId: checkpoint.id, step: 7, sha256: checkpoint.sha256 };
  await jobs.resumed(id, second, point);
  const lineage: Lineage = (await api.app.inject(`/v1/jobs/${id}/lineage`)).json();
  expect(lineage).toMatchObject({
    ...{ object: 'lineage', jobId: id, recipeHash },
    attempts: [
      {
        ...{ attempt: 1, engine: 'torch', device: 'cpu', precision: 'fp32', threads: 2, resumedFrom: null },
        ...{ lastStep: 7, outcome: 'handed_back', reason: 'the worker shuts down', workerId },
      },
      { attempt: 2, resumedFrom: point, outcome: null, endedAt: null },
    ],
    checkpoints: [{ id: checkpoint.id, sha256: checkpoint.sha256 }],
  });
});
