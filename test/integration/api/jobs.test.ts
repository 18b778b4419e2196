import { once } from 'node:events';
import { newId } from '@ravine/contracts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readyDataset, registerWorker, testApi, until } from '../../support/api.js';

let api: Awaited<ReturnType<typeof testApi>>;
let dataset: string;
beforeAll(async () => {
  api = await testApi();
  dataset = (await readyDataset(api)).dataset.id;
});
afterAll(() => api?.close());

const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
  api.app.inject({ method: 'POST', url, payload, headers });
const recipe = (change: object = {}) => ({ recipe: { dataset, preset: 'shapes', ...change } });

async function withWorker<T>(
  work: () => Promise<T>,
  engine: Parameters<typeof registerWorker>[1] = {},
): Promise<T> {
  const id = await registerWorker(api, engine);
  try {
    return await work();
  } finally {
    await api.database.workers.remove(id);
  }
}

test('a plan resolves the recipe and creates nothing', async () => {
  const answer = await post('/v1/jobs/plan', recipe({ epochs: 2, batchSize: 4 }));
  expect(answer.statusCode, answer.body).toBe(200);
  const plan = answer.json();
  expect(plan).toMatchObject({ object: 'plan', recipe: { dataset, epochs: 2, batchSize: 4, seed: 0 } });
  expect(plan.learningRates.values).toHaveLength(plan.totalSteps);
  expect(plan.layers.reduce((sum: number, layer: { parameters: number }) => sum + layer.parameters, 0)).toBe(
    plan.parameterCount,
  );
  expect((await api.app.inject('/v1/jobs')).json().data).toEqual([]);
});

test('a plan warns of a run that fits on no device that could take it', async () => {
  const device = { id: 'cpu', kind: 'cpu' as const, name: 'test', memoryBytes: 1024 ** 3, fastBf16: false };
  const codes = async (layers: object[], more: object = {}) => {
    const architecture = {
      kind: 'layers',
      layers: [...layers, { kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }],
    };
    const answer = await post('/v1/jobs/plan', recipe({ architecture, ...more }));
    return answer.json().warnings.map(({ code }: { code: string }) => code);
  };
  const wide = [{ kind: 'conv2d', outChannels: 8192, kernel: 1, padding: 31 }];
  const [large, small, elsewhere, unknown] = await withWorker(
    async () => [
      await codes(wide),
      await codes([]),
      await codes(wide, { device: 'cuda' }),
      await withWorker(() => codes(wide)),
    ],
    { devices: [device] },
  );
  expect(large).toContain('memory_exceeds_device');
  for (const fits of [small, elsewhere, unknown]) expect(fits).not.toContain('memory_exceeds_device');
});

test('the resolved recipe is a recipe again with the same hash', async () => {
  const first = (await post('/v1/jobs/plan', recipe())).json();
  const second = (await post('/v1/jobs/plan', { recipe: first.recipe })).json();
  expect(second.recipe).toEqual(first.recipe);
  expect(second.recipeHash).toBe(first.recipeHash);
});

test('a job without a worker that could run it is refused with what to do', async () => {
  const none = await post('/v1/jobs', recipe());
  expect(none.json()).toMatchObject({ status: 503, code: 'engine_unavailable', data: { workersOnline: 0 } });
  expect(none.headers['retry-after']).toBeDefined();

  const broken = {
    available: false,
    reason: 'libtorch is not installed; type: apt-get install libtorch-dev',
    devices: [],
  };
  const missing = await withWorker(() => post('/v1/jobs', recipe()), broken);
  expect(missing.json().detail).toContain('apt-get install libtorch-dev');

  const gpu = await withWorker(() => post('/v1/jobs', recipe({ device: 'cuda' })));
  expect(gpu.json().detail).toMatch(/cuda/);
  expect((await api.app.inject('/v1/jobs')).json().data).toEqual([]);
});

test('a job is a row with its first event and a delivery on the queue of its device', async () => {
  const answer = await withWorker(() =>
    post('/v1/jobs', {
      ...recipe(),
      name: 'first',
      priority: 3,
      labels: { a: 'b' },
      maxMinutes: 1.5,
      maxSteps: 9,
      checkpoints: { everySteps: 5 },
    }),
  );
  expect(answer.statusCode, answer.body).toBe(201);
  const job = answer.json();
  expect(answer.headers.location).toBe(`/v1/jobs/${job.id}`);
  expect(job).toMatchObject({
    name: 'first',
    status: 'queued',
    priority: 3,
    labels: { a: 'b' },
    maxMinutes: 1.5,
    maxSteps: 9,
    checkpoints: { everySteps: 5, everySeconds: 60, keepLast: 2 },
    microBatchSize: null,
    attempt: 0,
  });
  expect(job.transitions).toMatchObject([{ from: null, to: 'queued' }]);
  expect(await api.queues.has('train.cpu', job.id)).toBe(true);
  expect((await api.app.inject(`/v1/jobs/${job.id}/events`)).json().data).toMatchObject([
    { sequence: 1, type: 'status' },
  ]);

  const device = { id: 'cuda:0', kind: 'cuda' as const, name: 'test', memoryBytes: 1, fastBf16: true };
  const gpu = await withWorker(() => post('/v1/jobs', recipe()), { devices: [device] });
  expect(await api.queues.has('train.cuda', gpu.json().id)).toBe(true);
});

test('what makes no sense for the dataset is listed with pointers into the recipe', async () => {
  const architecture = { kind: 'layers', layers: [{ kind: 'relu' }] };
  const augmentation = [{ kind: 'random-crop', padding: 40 }];
  const answer = await post('/v1/jobs', recipe({ architecture, augmentation }));
  expect(answer.json()).toMatchObject({
    status: 422,
    code: 'recipe_invalid',
    errors: [{ pointer: '/recipe/architecture/layers/0' }, { pointer: '/recipe/augmentation/0/padding' }],
  });
});

test('a bad recipe lists every bad field', async () => {
  const bad = {
    optimizer: { kind: 'adam', learningRate: -1, momentum: 0.9 },
    batchSize: 0.5,
    epochs: '3',
    preset: 'none',
    oops: 1,
  };
  const answer = await post('/v1/jobs', recipe(bad));
  expect(answer.statusCode).toBe(422);
  const pointers = answer.json().errors.map(({ pointer }: { pointer: string }) => pointer);
  expect(pointers.sort()).toEqual(
    ['batchSize', 'epochs', 'oops', 'optimizer/learningRate', 'optimizer/momentum', 'preset'].map(
      (key) => `/recipe/${key}`,
    ),
  );
});

test('an unknown dataset and one that is not ready are told apart', async () => {
  for (const id of [newId('ds'), 'nonsense', 'x'.repeat(128)]) {
    expect((await post('/v1/jobs/plan', recipe({ dataset: id }))).json()).toMatchObject({
      code: 'dataset_not_found',
      errors: [{ pointer: '/recipe/dataset', received: id }],
    });
  }
  const id = newId('ds');
  await api.database.datasets.create('default', {
    id,
    name: 'x',
    fit: 'crop',
    labels: {},
    uploads: [],
    uploadBytes: 0,
  });
  expect((await post('/v1/jobs', recipe({ dataset: id }))).json()).toMatchObject({
    status: 409,
    code: 'dataset_not_ready',
  });
});

test('cancel: a queued job ends at once, again is a no-op, a job that ended otherwise is a conflict', async () => {
  await withWorker(async () => {
    const { id } = (await post('/v1/jobs', recipe())).json();
    const first = await post(`/v1/jobs/${id}/cancel`, {});
    expect([first.statusCode, first.json().status]).toEqual([202, 'cancelled']);
    expect(await api.queues.has('train.cpu', id)).toBe(false);
    const again = await api.app.inject({ method: 'POST', url: `/v1/jobs/${id}/cancel` });
    expect([again.statusCode, again.json().status]).toEqual([202, 'cancelled']);
    expect(again.json().transitions).toHaveLength(2);
  });
  const workerId = await registerWorker(api);
  const { id } = (await post('/v1/jobs', recipe())).json();
  const claim = await api.database.jobs.claim(id, workerId);
  let heard: AbortSignal | undefined;
  const consumer = await api.queues.consume(
    'train.cpu',
    async ({ id: delivered, signal }) => {
      if (delivered !== id) return 'done';
      heard = signal;
      await once(signal, 'abort');
      return 'done';
    },
    { concurrency: 1 },
  );
  await until(() => heard !== undefined);
  const running = await post(`/v1/jobs/${id}/cancel`, { mode: 'graceful' });
  expect(running.json().status).toBe('cancelling');
  await until(() => heard?.aborted === true);
  expect(String(heard?.reason)).toContain('cancel');
  await consumer.close({ handBack: false });
  await api.database.jobs.finish(id, claim?.attempt ?? 0, { status: 'succeeded', stopReason: 'completed' });
  const late = await post(`/v1/jobs/${id}/cancel`, {});
  expect(late.json()).toMatchObject({
    status: 409,
    code: 'illegal_transition',
    data: { status: 'succeeded' },
  });
  await api.database.workers.remove(workerId);
});

test('the same request with the same Idempotency-Key is one job', async () => {
  await withWorker(async () => {
    const before = (await api.app.inject('/v1/jobs')).json().data.length;
    const key = { 'idempotency-key': 'job-1' };
    const answers = await Promise.all(Array.from({ length: 6 }, () => post('/v1/jobs', recipe(), key)));
    const created = answers.filter(({ statusCode }) => statusCode === 201);
    expect(answers.every(({ statusCode }) => statusCode === 201 || statusCode === 409)).toBe(true);
    expect(new Set(created.map((answer) => answer.json().id)).size).toBe(1);
    const { preset, ...rest } = recipe().recipe;
    const reordered = await post('/v1/jobs', { recipe: { preset, ...rest } }, key);
    expect(reordered.headers['idempotency-replayed']).toBe('true');
    expect(reordered.json()).toEqual(created[0]?.json());
    expect((await post('/v1/jobs', recipe({ seed: 1 }), key)).json().code).toBe('idempotency_mismatch');
    expect((await post('/v1/jobs/plan', recipe(), key)).json().code).toBe('idempotency_mismatch');
    expect((await api.app.inject('/v1/jobs')).json().data).toHaveLength(before + 1);
  });
});

test('a process that died before it remembered its answer leaves one job, not two', async () => {
  await withWorker(async () => {
    const key = { 'idempotency-key': 'job-half' };
    const first = (await post('/v1/jobs', recipe(), key)).json();
    // What a kill between the row and the queue leaves, half a minute later.
    expect(await api.queues.remove('train.cpu', first.id)).toBe(true);
    await api.database.pool.query(
      `update idempotency_keys set status = null, body = null, locked_until = now() - interval '1 second' where key = 'job-half'`,
    );
    expect((await post('/v1/jobs', recipe({ seed: 1 }), key)).json().code).toBe('idempotency_mismatch');
    const again = await post('/v1/jobs', recipe(), key);
    expect([again.statusCode, again.json()]).toEqual([201, first]);
    expect(await api.queues.has('train.cpu', first.id)).toBe(true);
    const replayed = await post('/v1/jobs', recipe(), key);
    expect([replayed.headers['idempotency-replayed'], replayed.json()]).toEqual(['true', first]);
  });
});

test('a request whose connection is cut behind the commit is one job, not two', async () => {
  await withWorker(async () => {
    const before = (await api.app.inject('/v1/jobs')).json().data.length;
    const create = api.database.jobs.create.bind(api.database.jobs);
    const cut = vi.spyOn(api.database.jobs, 'create').mockImplementationOnce(async (...given) => {
      await create(...given);
      throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
    });
    const key = { 'idempotency-key': 'job-cut' };
    expect((await post('/v1/jobs', recipe(), key)).statusCode).toBe(503);
    expect(cut).toHaveBeenCalledTimes(1);
    const again = await post('/v1/jobs', recipe(), key);
    cut.mockRestore();
    expect(again.statusCode).toBe(201);
    expect(await api.queues.has('train.cpu', again.json().id)).toBe(true);
    expect((await api.app.inject('/v1/jobs')).json().data).toHaveLength(before + 1);
  });
});

test('an answer that says "later" is not remembered', async () => {
  const key = { 'idempotency-key': 'job-2' };
  expect((await post('/v1/jobs', recipe(), key)).statusCode).toBe(503);
  await withWorker(async () => {
    expect((await post('/v1/jobs', recipe(), key)).statusCode).toBe(201);
  });
});
