import { randomBytes } from 'node:crypto';
import { newId } from '@ravine/contracts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '@ravine/training';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { multipart, registerWorker, runningJob, testApi } from '../../support/api.js';

let api: Awaited<ReturnType<typeof testApi>>;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api?.close());

const content = randomBytes(100_000);

/** Weights as a job keeps them; with the rest of its state when it is to go on from there. */
function checkpointBytes(withState: boolean): Buffer {
  const weight = { shape: [24_000], data: Float32Array.from({ length: 24_000 }, (_, i) => i) };
  const tensors = new Map<string, Tensor>([['model.fc.weight', weight]]);
  if (withState) {
    tensors.set('best.fc.weight', weight);
    tensors.set('model.zero', { shape: [0], data: new Float32Array() });
    tensors.set('optimizer.m.fc.weight', weight);
  }
  return Buffer.from(encodeSafetensors(tensors, { ravine: '{}' }));
}

/** A running job with a best and a last checkpoint and an artifact. */
async function jobWithFiles() {
  const job = await runningJob(api);
  const { jobId, attempt } = job;
  const { key, size } = await api.storage.put(content);
  const record = async (roles: ('best' | 'last')[], step: number) => {
    const id = newId('ckpt');
    const weights = await api.storage.put(checkpointBytes(roles.includes('last')));
    const scores = { validationLoss: 0.5, validationAccuracy: 0.75 };
    await api.database.checkpoints.record(jobId, attempt, {
      id,
      step,
      epoch: 1,
      roles,
      ...scores,
      sha256: weights.key,
      bytes: weights.size,
    });
    return id;
  };
  const best = await record(['best'], 3);
  const last = await record(['last'], 6);
  const artifact = newId('art');
  const file = {
    kind: 'log',
    fileName: 'naïve "log".txt',
    contentType: 'text/plain',
    sha256: key,
    bytes: size,
  };
  await api.database.artifacts.record(jobId, attempt, { id: artifact, ...file });
  return { ...job, best, last, artifact };
}

describe('downloads', () => {
  let checkpoint: string;
  let target: string;
  beforeAll(async () => {
    const job = await jobWithFiles();
    checkpoint = `/v1/jobs/${job.jobId}/checkpoints/${job.best}/content`;
    target = `/v1/jobs/${job.jobId}/artifacts/${job.artifact}/content`;
  });
  const ask = (headers: Record<string, string>, method: 'GET' | 'HEAD' = 'GET') =>
    api.app.inject({ method, url: target, headers });

  test('the whole content has its length, its digest and a safe name', async () => {
    const answer = await ask({});
    expect(answer.statusCode).toBe(200);
    expect(answer.rawPayload.equals(content)).toBe(true);
    expect(answer.headers).toMatchObject({ 'accept-ranges': 'bytes', 'content-length': '100000' });
    expect(answer.headers.etag).toMatch(/^"[0-9a-f]{64}"$/);
    expect(answer.headers['content-type']).toBe('text/plain');
    expect(answer.headers['content-disposition']).toContain("filename*=UTF-8''na%C3%AFve%20%22log%22.txt");
    const named = await api.app.inject(checkpoint);
    expect(named.headers['content-type']).toBe('application/octet-stream');
    expect(named.headers['content-disposition']).toMatch(/^attachment; filename="ckpt_\w+\.safetensors"/);
    expect(named.rawPayload.equals(checkpointBytes(false))).toBe(true);
  });

  test.each([
    ['bytes=0-9', 0, 10],
    ['bytes=99990-', 99_990, 100_000],
    ['bytes=-5', 99_995, 100_000],
    ['bytes=500-999999', 500, 100_000],
  ])('%s', async (range, start, end) => {
    const answer = await ask({ range });
    expect(answer.statusCode).toBe(206);
    expect(answer.rawPayload.equals(content.subarray(start, end))).toBe(true);
    expect(answer.headers['content-range']).toBe(`bytes ${start}-${end - 1}/100000`);
    expect(answer.headers['content-length']).toBe(String(end - start));
  });

  test('a range outside of the content is refused with its size', async () => {
    const answer = await ask({ range: 'bytes=100000-' });
    expect(answer.statusCode).toBe(416);
    expect(answer.headers['content-range']).toBe('bytes */100000');
    expect(answer.json().code).toBe('range_not_satisfiable');
  });

  test('validators: an unchanged content is not sent, a range of another version becomes the whole', async () => {
    const etag = (await ask({})).headers.etag as string;
    const same = await ask({ 'if-none-match': etag });
    expect([same.statusCode, same.body]).toEqual([304, '']);
    expect((await ask({ range: 'bytes=0-1', 'if-range': etag })).statusCode).toBe(206);
    expect((await ask({ range: 'bytes=0-1', 'if-range': '"other"' })).statusCode).toBe(200);
  });

  test('HEAD answers the headers alone', async () => {
    const head = await ask({}, 'HEAD');
    expect([head.statusCode, head.rawPayload.length, head.headers['content-length']]).toEqual([
      200,
      0,
      '100000',
    ]);
    expect((await ask({ range: 'bytes=0-9' }, 'HEAD')).headers['content-length']).toBe('10');
  });

  test('a file of another job is not found', async () => {
    const other = await jobWithFiles();
    const moved = (url: string) => api.app.inject(url.replace(/job_\w+/, other.jobId));
    expect((await moved(checkpoint)).json()).toMatchObject({ status: 404, code: 'checkpoint_not_found' });
    expect((await moved(target)).json()).toMatchObject({ status: 404, code: 'artifact_not_found' });
  });

  test('checkpoints and artifacts are listed', async () => {
    const { jobId, best, last, artifact: id } = await jobWithFiles();
    const checkpoints = (await api.app.inject(`/v1/jobs/${jobId}/checkpoints`)).json().data;
    expect(checkpoints.map((one: { id: string }) => one.id).sort()).toEqual([best, last].sort());
    expect((await api.app.inject(`/v1/jobs/${jobId}/artifacts`)).json().data).toMatchObject([
      { id, kind: 'log' },
    ]);
  });
});

test('an evaluation is found once it is there, and before it says what to wait for', async () => {
  const { jobId, attempt } = await runningJob(api);
  const before = await api.app.inject(`/v1/jobs/${jobId}/evaluation`);
  expect(before.json()).toMatchObject({
    status: 404,
    code: 'evaluation_not_found',
    data: { status: 'running' },
  });
  const evaluation = {
    object: 'evaluation' as const,
    jobId,
    split: 'validation' as const,
    samples: 2,
    loss: 0.5,
    accuracy: 0.5,
    topK: [{ k: 1, accuracy: 0.5 }],
    macro: { precision: null, recall: 0.5, f1: null },
    classes: [{ label: 0, class: 'circle', support: 2, precision: null, recall: 0.5, f1: null }],
    confusion: [
      [1, 1],
      [0, 0],
    ],
    checkpointId: null,
    seconds: 0.1,
  };
  await api.database.evaluations.save(jobId, attempt, evaluation);
  expect((await api.app.inject(`/v1/jobs/${jobId}/evaluation`)).json()).toEqual(evaluation);
});

describe('models', () => {
  const create = (payload: object) => api.app.inject({ method: 'POST', url: '/v1/models', payload });

  test('of a job it is the best checkpoint with all that is needed to use it', async () => {
    const { jobId, best, last } = await jobWithFiles();
    const answer = await create({ jobId, name: 'mine', labels: { a: 'b' } });
    expect(answer.statusCode, answer.body).toBe(201);
    expect(answer.json()).toMatchObject({
      name: 'mine',
      jobId,
      checkpointId: best,
      classes: ['circle', 'square', 'triangle'],
      input: { height: 8, width: 8, channels: 1, fit: 'crop', mean: [0.5], standardDeviation: [0.25] },
      labels: { a: 'b' },
    });
    expect(answer.json().parameterCount).toBeGreaterThan(0);
    const resumable = (await create({ checkpointId: last })).json();
    expect(resumable).toMatchObject({ checkpointId: last, testAccuracy: null });
    const weights = decodeSafetensors((await api.app.inject(resumable.url)).rawPayload);
    expect([...weights.tensors.keys()].sort()).toEqual(['model.fc.weight', 'model.zero']);
    const own = decodeSafetensors(checkpointBytes(false));
    expect(weights.tensors.get('model.fc.weight')).toEqual(own.tensors.get('model.fc.weight'));
    expect(weights.metadata).toEqual({ ravine: '{}' });
    const { id, url } = answer.json();
    expect((await api.app.inject(`/v1/models/${id}`)).json()).toEqual(answer.json());
    expect((await api.app.inject(url)).rawPayload.equals(checkpointBytes(false))).toBe(true);
    expect((await api.app.inject(`/v1/models?jobId=${jobId}`)).json().data).toHaveLength(2);
  });

  test('what it cannot be made of is named', async () => {
    const { jobId } = await runningJob(api);
    expect((await create({ jobId })).json()).toMatchObject({ status: 404, code: 'checkpoint_not_found' });
    expect((await create({ jobId: newId('job') })).json().code).toBe('job_not_found');
    expect((await create({ checkpointId: newId('ckpt') })).json().code).toBe('checkpoint_not_found');
    for (const both of [{}, { jobId, checkpointId: newId('ckpt') }]) {
      expect((await create(both)).json().errors).toMatchObject([{ pointer: '/checkpointId' }]);
    }
  });
});

describe('predictions', () => {
  const png = { name: 'file', value: 'image bytes', fileName: 'a.png' };
  const predict = (modelId: string, files = [png], query = '') =>
    api.app.inject({ method: 'POST', url: `/v1/models/${modelId}/predict${query}`, ...multipart(files) });
  let modelId: string;
  let jobWorker: string;
  beforeAll(async () => {
    const { jobId, workerId } = await jobWithFiles();
    jobWorker = workerId;
    modelId = (await api.app.inject({ method: 'POST', url: '/v1/models', payload: { jobId } })).json().id;
    for (const { id } of await api.database.workers.list()) await api.database.workers.remove(id);
  });

  test('without a worker it is refused and the images are gone', async () => {
    const answer = await predict(modelId);
    expect(answer.json()).toMatchObject({ status: 503, code: 'engine_unavailable' });
    expect(await countBlobs('image bytes')).toBe(0);
  });

  test('the worker’s answer is returned, and neither row nor image stays', async () => {
    const worker = await registerWorker(api);
    const seen: { topK: number; fileNames: string[] }[] = [];
    const consumer = await api.queues.consume(
      'predict',
      async ({ id }) => {
        const claim = await api.database.predictions.claim(id, worker);
        if (!claim) return 'done';
        seen.push({ topK: claim.topK, fileNames: claim.images.map(({ fileName }) => fileName) });
        const outcome = claim.images.some(({ fileName }) => fileName === 'bad.png')
          ? { error: { code: 'image_invalid', message: 'bad.png is not an image' } }
          : {
              results: claim.images.map(({ fileName }) => ({
                fileName,
                classes: [{ label: 0, class: 'circle', probability: 1 }],
                error: null,
              })),
              seconds: 1,
            };
        await api.database.predictions.finish(id, outcome);
        return 'done';
      },
      { concurrency: 4 },
    );
    const answer = await predict(modelId, [png, { ...png, fileName: 'b.png', value: 'other' }], '?topK=50');
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.json().results.map(({ fileName }: { fileName: string }) => fileName)).toEqual([
      'a.png',
      'b.png',
    ]);
    expect(seen).toEqual([{ topK: 3, fileNames: ['a.png', 'b.png'] }]);
    expect(await countBlobs('image bytes')).toBe(0);

    const bad = await predict(modelId, [{ ...png, fileName: 'bad.png' }]);
    expect(bad.json()).toMatchObject({
      status: 422,
      code: 'image_invalid',
      detail: 'bad.png is not an image',
    });
    const { rows } = await api.database.pool.query('select count(*)::int as count from predictions');
    expect(rows[0].count).toBe(0);
    await consumer.close({ handBack: true });
    await api.database.workers.remove(worker);
  });

  test('an image that is also a checkpoint does not take the checkpoint with it', async () => {
    expect((await predict(modelId, [{ ...png, value: checkpointBytes(false) as never }])).statusCode).toBe(
      503,
    );
    const model = (await api.app.inject(`/v1/models/${modelId}`)).json();
    expect(await api.storage.stat(model.sha256)).not.toBeNull();
    expect(jobWorker).toBeTruthy();
  });
});

async function countBlobs(text: string): Promise<number> {
  let count = 0;
  for await (const { key } of api.storage.list())
    if ((await api.storage.read(key)).equals(Buffer.from(text))) count += 1;
  return count;
}
