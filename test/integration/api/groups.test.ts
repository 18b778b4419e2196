import { randomUUID } from 'node:crypto';
import { type Group, newId } from '@ravine/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readyDataset, registerWorker, testApi } from '../../support/api.js';

let api: Awaited<ReturnType<typeof testApi>>;
let dataset: string;
let worker: string;
beforeAll(async () => {
  api = await testApi();
  dataset = (await readyDataset(api)).dataset.id;
  worker = await registerWorker(api);
});
afterAll(() => api?.close());

const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
  api.app.inject({ method: 'POST', url, payload, headers });
const submit = async (plan: object, more: object = {}, recipe: object = {}): Promise<Group> => {
  const body = { plan, ...more, recipe: { dataset, preset: 'shapes', ...recipe } };
  const answer = await post('/v1/groups', body);
  expect(answer.statusCode, answer.body).toBe(201);
  expect(answer.headers.location).toBe(`/v1/groups/${answer.json().id}`);
  return answer.json();
};
const get = async (id: string, query = ''): Promise<Group> =>
  (await api.app.inject(`/v1/groups/${id}${query}`)).json();
const jobsOf = async ({ members }: Group) =>
  Promise.all(members.map(async ({ jobId }) => (await api.app.inject(`/v1/jobs/${jobId}`)).json()));

/** What a worker does for a job, without training. */
async function succeed(jobId: string, testAccuracy: number, validationAccuracy: number) {
  const { jobs, evaluations } = api.database;
  const claim = await jobs.claim(jobId, worker);
  if (claim === null) throw new Error('the job cannot be claimed');
  const { attempt } = claim;
  const best = { epoch: 1, validationLoss: 0.5, validationAccuracy };
  await api.database.pool.query('update jobs set best = $2 where id = $1', [jobId, JSON.stringify(best)]);
  const topK = [{ k: 1, accuracy: testAccuracy }];
  await evaluations.save(jobId, attempt, {
    object: 'evaluation',
    jobId,
    split: 'test',
    samples: 10,
    loss: 1 - testAccuracy,
    accuracy: testAccuracy,
    topK,
    macro: { precision: null, recall: null, f1: null },
    classes: [],
    confusion: [],
    testTimeAugmentation: { kind: 'flips', views: 2, loss: 0.1, accuracy: testAccuracy + 0.01, topK },
    checkpointId: null,
    seconds: 1,
  });
  await jobs.finish(jobId, attempt, {
    status: 'succeeded',
    stopReason: 'completed',
    testAccuracy,
    trainSeconds: 60,
    peakMemoryBytes: 1,
  });
}

test('replicates are jobs with one seed after the other, and otherwise equal', async () => {
  const group = await submit(
    { kind: 'replicates', count: 3 },
    { name: 'three', labels: { a: 'b' }, priority: 2, maxMinutes: 5 },
    { seed: 4294967294 },
  );
  expect(group).toMatchObject({ object: 'group', name: 'three', datasetId: dataset, terminal: false });
  expect(group.members.map(({ seed, fold, status, name }) => [seed, fold, status, name])).toEqual([
    [4294967294, null, 'queued', 'three seed 4294967294'],
    [4294967295, null, 'queued', 'three seed 4294967295'],
    [0, null, 'queued', 'three seed 0'],
  ]);
  const jobs = await jobsOf(group);
  for (const job of jobs)
    expect(job).toMatchObject({ groupId: group.id, labels: { a: 'b' }, priority: 2, maxMinutes: 5 });
  const recipes = jobs.map(({ recipe: { seed: _, ...rest } }) => rest);
  expect(recipes[1]).toEqual(recipes[0]);
  expect(new Set(jobs.map(({ recipeHash }) => recipeHash)).size).toBe(3);
  const listed = (await api.app.inject(`/v1/jobs?groupId=${group.id}`)).json().data;
  expect(listed.map(({ id }: { id: string }) => id).sort()).toEqual(jobs.map(({ id }) => id).sort());
  expect(group.statistics.testAccuracy).toBeNull();

  const named = await submit({ kind: 'replicates', seeds: [7, 3] });
  expect(named.members.map(({ seed }) => seed)).toEqual([7, 3]);
  expect((await submit({ kind: 'replicates' })).members).toHaveLength(5);
});

test('k-fold holds out every image once', async () => {
  const group = await submit({ kind: 'k-fold', folds: 4 }, {}, { seed: 9, validation: { fraction: 0.2 } });
  expect(group.members.map(({ seed, fold }) => [seed, fold])).toEqual([0, 1, 2, 3].map((fold) => [9, fold]));
  for (const [fold, { recipe }] of (await jobsOf(group)).entries()) {
    expect(recipe.crossValidation).toEqual({ folds: 4, fold });
    const plan = (await post('/v1/jobs/plan', { recipe })).json();
    expect(plan).toMatchObject({ trainSamples: 9, validationSamples: 3 });
    expect(recipe.schedule[0].for).toEqual({ steps: 1 }); // half of the one step that this fold's epoch has
  }
});

test('statistics are over the jobs that succeeded', async () => {
  const group = await submit({ kind: 'replicates', count: 4 });
  const [a, b, c, d] = group.members.map(({ jobId }) => jobId) as [string, string, string, string];
  await succeed(a, 0.8, 0.7);
  const one = await get(group.id);
  expect(one.statistics.testAccuracy).toEqual({
    count: 1,
    mean: 0.8,
    standardDeviation: null,
    interval: null,
  });
  await succeed(b, 0.9, 0.7);
  await succeed(c, 1, 0.7);
  await post(`/v1/jobs/${d}/cancel`, {});
  const seen = await get(group.id);
  expect(seen.terminal).toBe(true);
  expect(seen.members.map(({ status }) => status)).toEqual([
    'succeeded',
    'succeeded',
    'succeeded',
    'cancelled',
  ]);
  expect(seen.members[0]).toMatchObject({
    testAccuracy: 0.8,
    testTimeAccuracy: 0.81,
    validationAccuracy: 0.7,
    trainSeconds: 60,
  });
  const { testAccuracy, testLoss, testTimeAccuracy, validationAccuracy } = seen.statistics;
  // Deviation 0.1, t(0.975, 2) = 4.302653: half 4.302653 · 0.1 / √3.
  expect(testAccuracy?.mean).toBeCloseTo(0.9, 12);
  expect(testAccuracy?.standardDeviation).toBeCloseTo(0.1, 12);
  expect(testAccuracy?.interval?.level).toBe(0.95);
  expect(testAccuracy?.interval?.upper).toBeCloseTo(0.9 + 0.248414, 5);
  expect(testAccuracy?.interval?.lower).toBeCloseTo(0.9 - 0.248414, 5);
  expect(testLoss?.mean).toBeCloseTo(0.1, 12);
  expect(testTimeAccuracy?.mean).toBeCloseTo(0.91, 12);
  expect(validationAccuracy?.standardDeviation).toBeCloseTo(0, 12);
  const narrow = (await get(group.id, '?level=0.5')).statistics.testAccuracy?.interval;
  expect(narrow?.level).toBe(0.5);
  expect(narrow?.upper).toBeCloseTo(0.9 + (0.816497 * 0.1) / Math.sqrt(3), 5);
});

test('cancelling ends what has not ended', async () => {
  const group = await submit({ kind: 'replicates', count: 2 });
  await succeed(group.members[0]!.jobId, 0.5, 0.5);
  for (let again = 0; again < 2; again++) {
    const answer = await post(`/v1/groups/${group.id}/cancel`, {});
    expect(answer.statusCode, answer.body).toBe(202);
    expect(answer.json().members.map(({ status }: { status: string }) => status)).toEqual([
      'succeeded',
      'cancelled',
    ]);
  }
});

test('a request that is repeated makes one group', async () => {
  const headers = { 'idempotency-key': randomUUID() };
  const body = { plan: { kind: 'replicates', count: 2 }, recipe: { dataset, preset: 'shapes' } };
  const [first, second] = [await post('/v1/groups', body, headers), await post('/v1/groups', body, headers)];
  expect(second.json()).toEqual(first.json());
  const page = (await api.app.inject('/v1/groups?limit=1')).json();
  expect(page.data).toMatchObject([{ id: first.json().id }]);
  const rest = (await api.app.inject(`/v1/groups?cursor=${page.nextCursor}`)).json();
  expect(rest.data.map(({ id }: { id: string }) => id)).not.toContain(first.json().id);
  expect(rest.hasMore).toBe(false);
});

test('a group whose maker died before its jobs were in the queue is completed by the same request', async () => {
  const key = randomUUID();
  const body = { plan: { kind: 'replicates', count: 2 }, recipe: { dataset, preset: 'shapes' } };
  const first = (await post('/v1/groups', body, { 'idempotency-key': key })).json();
  const ids = first.members.map(({ jobId }: { jobId: string }) => jobId);
  for (const id of ids) expect(await api.queues.remove('train.cpu', id)).toBe(true);
  await api.database.pool.query(
    `update idempotency_keys set status = null, body = null, locked_until = now() - interval '1 second' where key = $1`,
    [key],
  );
  expect((await post('/v1/groups', body, { 'idempotency-key': key })).json()).toEqual(first);
  for (const id of ids) expect(await api.queues.has('train.cpu', id)).toBe(true);
});

test('a fold that cannot be trained makes nothing', async () => {
  const before = (await api.app.inject('/v1/jobs?limit=200')).json().data.length;
  const plan = { kind: 'k-fold', folds: 20 };
  const answer = await post('/v1/groups', { plan, recipe: { dataset, preset: 'shapes' } });
  expect(answer.json()).toMatchObject({
    code: 'recipe_invalid',
    errors: [{ pointer: '/recipe/crossValidation/folds' }],
  });
  expect((await api.app.inject('/v1/jobs?limit=200')).json().data).toHaveLength(before);
});

test('what makes no sense is named', async () => {
  const refusals: [object, object, string][] = [
    [{ kind: 'replicates', count: 1 }, {}, '/plan/count'],
    [{ kind: 'replicates', count: 2, seeds: [1, 2] }, {}, '/plan/count'],
    [{ kind: 'replicates', seeds: [1, 1] }, {}, '/plan/seeds'],
    [{ kind: 'k-fold', folds: 51 }, {}, '/plan/folds'],
    [{ kind: 'k-fold' }, { crossValidation: { folds: 3, fold: 0 } }, '/recipe/crossValidation'],
  ];
  for (const [plan, recipe, pointer] of refusals) {
    const answer = await post('/v1/groups', { plan, recipe: { dataset, preset: 'shapes', ...recipe } });
    expect(answer.json(), JSON.stringify(plan)).toMatchObject({ status: 422, errors: [{ pointer }] });
  }
  expect((await api.app.inject(`/v1/groups/${newId('grp')}`)).json()).toMatchObject({
    status: 404,
    code: 'group_not_found',
  });
});

test('a group of another project is not there', async () => {
  const group = await submit({ kind: 'replicates', count: 2 });
  expect(await api.database.groups.get('other', group.id)).toBeNull();
  expect((await api.database.groups.list('other', { limit: 10 })).data).toEqual([]);
});
