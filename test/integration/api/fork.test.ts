import { type Checkpoint, type Job, newId } from '@ravine/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readyDataset, registerWorker, testApi } from '../../support/api.js';

let api: Awaited<ReturnType<typeof testApi>>;
let origin: Job;
let last: Checkpoint['id'];
let best: Checkpoint['id'];
beforeAll(async () => {
  api = await testApi();
  const dataset = (await readyDataset(api)).dataset.id;
  const workerId = await registerWorker(api);
  const body = { recipe: { dataset, architecture: { kind: 'mlp' }, epochs: 3 }, labels: { a: 'b' } };
  origin = (await send('/v1/jobs', body)).json();
  const attempt = (await api.database.jobs.claim(origin.id, workerId))?.attempt ?? 0;
  const point = { step: 2, epoch: 1, validationLoss: 1, validationAccuracy: 0.5, bytes: 1 };
  [last, best] = [newId('ckpt'), newId('ckpt')];
  for (const [id, role] of [[last, 'last'] as const, [best, 'best'] as const])
    await api.database.checkpoints.record(origin.id, attempt, {
      ...{ ...point, id, roles: [role], sha256: (role === 'last' ? 'a' : 'b').repeat(64) },
    });
});
afterAll(() => api?.close());

const send = (url: string, payload: object = {}) => api.app.inject({ method: 'POST', url, payload });
const fork = (body: object = {}, id = origin.id) => send(`/v1/jobs/${id}/fork`, body);

test('a fork is a new job with the recipe of the old one but for what is changed', async () => {
  const answer = await fork({ recipe: { epochs: 9 }, priority: 3 });
  expect(answer.statusCode, answer.body).toBe(201);
  const job: Job = answer.json();
  expect(answer.headers.location).toBe(`/v1/jobs/${job.id}`);
  expect(job).toMatchObject({
    ...{ status: 'queued', labels: { a: 'b' }, priority: 3, name: `fork of ${origin.name}` },
    fork: { jobId: origin.id, checkpointId: last, step: 2, keep: 'state' },
  });
  expect(job.recipe).toEqual({ ...origin.recipe, epochs: 9 });
  expect(await api.queues.has('train.cpu', job.id)).toBe(true);
  const claim = await api.database.jobs.claim(job.id, newId('wkr'));
  expect(claim).toMatchObject({
    checkpoints: [],
    fork: { keep: 'state', schedule: true, best: true, checkpoint: { id: last } },
  });
});

test('the checkpoint of a fork stays when a newer one takes its place', async () => {
  const own = (await fork({ checkpoint: last })).json();
  const attempt = (await api.database.jobs.get('default', origin.id))?.attempt ?? 0;
  const [new1, newer] = [newId('ckpt'), newId('ckpt')];
  for (const [id, step] of [[new1, 3] as const, [newer, 4] as const])
    await api.database.checkpoints.record(origin.id, attempt, {
      ...{ id, step, epoch: 1, roles: ['last'], validationLoss: null, validationAccuracy: null },
      ...{ bytes: 1, sha256: 'c'.repeat(64) },
    });
  expect((await api.database.checkpoints.get('default', origin.id, last))?.roles).toEqual([]);
  expect((await fork({ recipe: { epochs: 9 } })).json().fork.checkpointId).toBe(newer);
  expect(own.fork.checkpointId).toBe(last);
});

test('the weights of the best checkpoint may begin anything that they fit', async () => {
  const job = (await fork({ checkpoint: 'best', keep: 'weights', recipe: { batchSize: 3, seed: 5 } })).json();
  expect(job).toMatchObject({
    fork: { checkpointId: best, keep: 'weights' },
    recipe: { batchSize: 3, seed: 5 },
  });
  const refused = (await fork({ checkpoint: 'best' })).json();
  expect(refused).toMatchObject({ status: 409, code: 'conflict', data: { roles: ['best'] } });
  expect(refused.detail).toContain('keep "weights"');
});

test.each([
  [
    { recipe: { batchSize: 3 } },
    'recipe_invalid',
    '/recipe/batchSize',
    /cannot change while the state is kept/,
  ],
  [{ recipe: { optimizer: { kind: 'sgd' } } }, 'recipe_invalid', '/recipe/optimizer/kind', /keep "weights"/],
  [
    { recipe: { architecture: { kind: 'softmax-regression' } } },
    'recipe_invalid',
    '/recipe/architecture',
    /must fit the checkpoint/,
  ],
  [{ recipe: { preset: 'shapes' } }, 'validation_failed', '/recipe/preset', /./],
  [{ keep: 'everything' }, 'validation_failed', '/keep', /./],
  [{ checkpoint: 'first' }, 'validation_failed', '/checkpoint', /./],
])('the fork %j is refused with its place', async (body, code, pointer, message) => {
  const answer = (await fork(body)).json();
  expect(answer).toMatchObject({ status: 422, code });
  expect(answer.errors).toContainEqual(
    expect.objectContaining({ pointer, message: expect.stringMatching(message) }),
  );
});

test('what is not there cannot be forked', async () => {
  expect((await fork({}, newId('job'))).json().code).toBe('job_not_found');
  expect((await fork({ checkpoint: newId('ckpt') })).json().code).toBe('checkpoint_not_found');
  const fresh = (await send('/v1/jobs', { recipe: origin.recipe })).json();
  const answer = (await fork({}, fresh.id)).json();
  expect(answer).toMatchObject({
    code: 'checkpoint_not_found',
    detail: expect.stringContaining('is queued'),
  });
});
