import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newId } from '@ravine/contracts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '@ravine/training';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runningJob, testApi } from '../../support/api.js';
import { checkpointBytes, content, jobWithFiles } from '../../support/job-files.js';

let api: Awaited<ReturnType<typeof testApi>>;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api?.close());

describe('downloads', () => {
  let checkpoint: string;
  let target: string;
  beforeAll(async () => {
    const job = await jobWithFiles(api);
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
    const other = await jobWithFiles(api);
    const moved = (url: string) => api.app.inject(url.replace(/job_\w+/, other.jobId));
    expect((await moved(checkpoint)).json()).toMatchObject({ status: 404, code: 'checkpoint_not_found' });
    expect((await moved(target)).json()).toMatchObject({ status: 404, code: 'artifact_not_found' });
  });

  test('checkpoints and artifacts are listed', async () => {
    const { jobId, best, last, artifact: id } = await jobWithFiles(api);
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
    testTimeAugmentation: {
      kind: 'flips',
      views: 2,
      loss: 0.4,
      accuracy: 0.5,
      topK: [{ k: 1, accuracy: 0.5 }],
    },
    checkpointId: null,
    seconds: 0.1,
  };
  await api.database.evaluations.save(jobId, attempt, evaluation);
  expect((await api.app.inject(`/v1/jobs/${jobId}/evaluation`)).json()).toEqual(evaluation);
});

describe('models', () => {
  const create = (payload: object) => api.app.inject({ method: 'POST', url: '/v1/models', payload });

  test.each(['best', 'last'] as const)(
    'are not made of a checkpoint (%s) whose file was cut off or changed',
    async (role) => {
      const { jobId, attempt } = await runningJob(api);
      const state = role === 'last' ? { 'optimizer.m.fc.weight': 1 } : {};
      const tensors = Object.keys({ 'model.fc.weight': 1, ...state }).map(
        (name) =>
          [name, { shape: [1000], data: Float32Array.from({ length: 1000 }, Math.random) }] as [
            string,
            Tensor,
          ],
      );
      const bytes = Buffer.from(encodeSafetensors(new Map(tensors), { ravine: '{}' }));
      const { key: sha256, size } = await api.storage.put(bytes);
      const checkpointId = newId('ckpt');
      const scores = { validationLoss: 0.5, validationAccuracy: 0.75 };
      const row = { id: checkpointId, step: 1, epoch: 1, roles: [role], ...scores, sha256, bytes: size };
      await api.database.checkpoints.record(jobId, attempt, row);
      const file = path.join(api.folder, 'blobs', sha256.slice(0, 2), sha256);
      const flipped = Buffer.from(bytes);
      flipped[2000] = (flipped[2000] ?? 0) ^ 1;
      for (const damaged of [bytes.subarray(0, size - 100), flipped, Buffer.alloc(0), null]) {
        await (damaged === null ? rm(file) : writeFile(file, damaged));
        const answer = (await create({ checkpointId })).json();
        expect(answer).toMatchObject({ status: 500, code: 'content_damaged' });
        expect(answer.detail).toContain(damaged === null ? 'missing from storage' : 'damaged in storage');
      }
      await writeFile(file, bytes);
      expect((await create({ checkpointId })).statusCode).toBe(201);
    },
  );

  test('of a job it is the best checkpoint with all that is needed to use it', async () => {
    const { jobId, best, last } = await jobWithFiles(api);
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

  test('it says how its recipe normalises, also where the recipe is older than the choice', async () => {
    const { jobId } = await jobWithFiles(api);
    const inputOf = async (change: string) => {
      await api.database.pool.query(`update jobs set recipe = ${change} where id = $1`, [jobId]);
      const { mean, standardDeviation } = (await create({ jobId })).json().input;
      return { mean, standardDeviation };
    };
    const none = await inputOf(`jsonb_set(recipe, '{normalization}', '"none"')`);
    expect(none).toEqual({ mean: [0], standardDeviation: [1] });
    expect(await inputOf(`recipe - 'normalization'`)).toEqual({ mean: [0.5], standardDeviation: [0.25] });
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
