import { setTimeout as sleep } from 'node:timers/promises';
import { generateShapes } from '@ravine/client/shapes';
import type { NewPrediction } from '@ravine/database';
import { loadTorchEngine } from '@ravine/engine-torch';
import type { RecipeInput } from '@ravine/training';
import { describe, expect, it } from 'vitest';
import { trainingWorker } from '../support/training-worker.js';
import { childOf, childrenOf, PROJECT, smallOptions, smallShapes } from '../support/worker-stack.js';

const { reason } = loadTorchEngine();
if (reason !== null) console.log(`skipped: training by a worker; ${reason}`);

const short = { preset: 'shapes', epochs: 2, batchSize: 32 } satisfies Omit<RecipeInput, 'dataset'>;
/** One model alone, plainly. */
const asked = (modelId: string) => ({
  members: [{ modelId, weight: 1 }],
  combination: 'logits' as const,
  testTimeAugmentation: 'none' as const,
});
const endless = { ...short, epochs: 100_000 };

describe.skipIf(reason !== null)('a worker that trains', () => {
  const own = trainingWorker();
  const { submit, running, ended, cancelNow } = own;

  it('trains a job to its end and leaves everything that people look at', async () => {
    const id = await submit(short);
    const job = await ended(id, 'succeeded');
    expect(job).toMatchObject({
      stopReason: 'completed',
      attempt: 1,
      engine: 'torch',
      device: 'cpu',
      phase: null,
    });
    expect(job.precision).toMatch(/^(fp32|bf16)$/);
    expect(job.testAccuracy).toBeGreaterThanOrEqual(0);
    expect(job.best?.validationAccuracy).toBeGreaterThan(0);
    expect(job.trainSeconds).toBeGreaterThan(0);
    expect(job.peakMemoryBytes).toBeGreaterThan(50e6);
    expect(job.progress).toMatchObject({ epoch: 2, epochs: 2, step: 12, totalSteps: 12 });

    const checkpoints = (await own.stack.database.checkpoints.list(PROJECT, id)) ?? [];
    expect(checkpoints.flatMap(({ roles }) => roles).sort()).toEqual(['best', 'last', 'previous']);
    for (const { sha256, bytes } of checkpoints)
      expect((await own.stack.storage.read(sha256)).length).toBe(bytes);
    const evaluation = await own.stack.database.evaluations.get(PROJECT, id);
    expect(evaluation).toMatchObject({ split: 'test', samples: 60, accuracy: job.testAccuracy });
    expect(evaluation?.checkpointId).toBe(checkpoints.find(({ roles }) => roles.includes('best'))?.id);

    const { series } = await own.stack.database.metrics.read(id, {});
    const points = Object.fromEntries(series.map(({ name, steps }) => [name, steps]));
    const steps = Array.from({ length: 12 }, (_, i) => i + 1);
    expect(points).toMatchObject({ 'train.loss': steps, learningRate: steps, gradientNorm: steps });
    expect(points).toMatchObject({ 'validation.accuracy': [6, 12], 'epoch.train.loss': [6, 12] });

    const artifacts = (await own.stack.database.artifacts.list(PROJECT, id)) ?? [];
    expect(artifacts.map(({ fileName }) => fileName).sort()).toEqual([
      'evaluation.json',
      'predictions.csv',
      'recipe.json',
    ]);
    const csv = artifacts.find(({ kind }) => kind === 'predictions');
    const lines = (await own.stack.storage.read(csv?.sha256 ?? '')).toString().trim().split('\r\n');
    expect(lines).toHaveLength(61);
    const hits = lines.filter((line) => line.endsWith(',true')).length;
    expect(hits / 60).toBeCloseTo(job.testAccuracy ?? -1, 9);
    const events = await own.stack.database.events.read(id, 0, 100);
    expect(events.filter(({ type }) => type === 'epoch').map(({ data }) => data.epoch)).toEqual([1, 2]);
  });

  it('does nothing at a delivery that comes again while the job runs, and after', async () => {
    const id = await submit(endless);
    await running(id);
    await own.stack.queues.enqueue('train.cpu', id, { dedupeKey: `${id}:again` });
    await own.stack.database.jobs.request(PROJECT, id, { verb: 'cancel', mode: 'graceful' });
    const job = await ended(id, 'cancelled');
    expect(job.attempt).toBe(1);
    await expect.poll(() => own.stack.queues.has('train.cpu', `${id}:again`)).toBe(false);
    expect(await own.stack.job(id)).toEqual(job);
  });

  it('cancels a running job and keeps a checkpoint of where it was', async () => {
    const id = await submit(endless);
    await running(id);
    await own.stack.database.jobs.request(PROJECT, id, { verb: 'cancel', mode: 'graceful' });
    const job = await ended(id, 'cancelled');
    const checkpoints = (await own.stack.database.checkpoints.list(PROJECT, id)) ?? [];
    const last = checkpoints.find(({ roles }) => roles.includes('last'));
    expect(last?.step).toBeGreaterThanOrEqual(job.progress?.step ?? Number.POSITIVE_INFINITY);
  });

  it('cancels a running job now', async () => {
    const id = await submit(endless);
    await running(id);
    await cancelNow(id);
  });

  it('never starts a job that was cancelled while it waited', async () => {
    const first = await submit(endless);
    await running(first);
    const waiting = await submit(short);
    await own.stack.database.jobs.request(PROJECT, waiting, { verb: 'cancel', mode: 'graceful' });
    await cancelNow(first);
    await expect.poll(() => own.stack.queues.has('train.cpu', waiting)).toBe(false);
    expect(await own.stack.job(waiting)).toMatchObject({ status: 'cancelled', attempt: 0 });
  });

  it('goes on with the job of another worker as the same run: precision, and the best checkpoint so far', async () => {
    // Nothing is learnt, so the first epoch stays the best.
    const still = { architecture: { kind: 'mlp' }, optimizer: { kind: 'sgd', learningRate: 1e-9 } } as const;
    const id = await submit({ ...still, epochs: 100_000 });
    await own.stack.jobWhen(id, ({ progress, best }) => (progress?.epoch ?? 0) > 2 && best !== null);
    await own.worker.stop();
    const handedBack = await own.stack.job(id);
    expect(handedBack).toMatchObject({ status: 'queued', attempt: 1 });
    // As if that one had been on a machine where something else is fast; two seconds are enough for this one.
    const precision = handedBack.precision === 'fp32' ? 'bf16' : 'fp32';
    await own.stack.database.pool.query(
      'update jobs set precision = $2, max_minutes = (coalesce(train_seconds, 0) + 2) / 60 where id = $1',
      [id, precision],
    );
    await own.restart();
    expect(await ended(id, 'succeeded')).toMatchObject({ attempt: 2, stopReason: 'time_limit', precision });
    const best = await own.stack.database.checkpoints.withRole(PROJECT, id, 'best');
    expect(best?.attempt).toBe(1);
    const evaluation = await own.stack.database.evaluations.get(PROJECT, id);
    expect(evaluation?.checkpointId).toBe(best?.id);
  });

  it('trains in the process that waits with the engine loaded, and in a new one where that has died', async () => {
    const waiting = await childOf(process.pid, 'train');
    await ended(await submit(short), 'succeeded');
    const next = async () => (await childrenOf(process.pid, 'train')).filter((pid) => pid !== waiting);
    await expect.poll(next).toHaveLength(1);
    process.kill((await next())[0] as number, 'SIGKILL');
    await expect.poll(next).toEqual([]);
    await ended(await submit(short), 'succeeded');
  });

  it('fails a job whose numbers explode, with advice and the last finite checkpoint', async () => {
    const id = await submit({
      architecture: { kind: 'mlp' },
      optimizer: { kind: 'sgd', learningRate: 1000 },
      batchSize: 32,
      epochs: 5,
    });
    const job = await ended(id, 'failed');
    expect(job.failure).toMatchObject({ class: 'non_finite', retryable: false });
    expect(job.failure?.message).toMatch(/lower the learning rate/);
    expect(job.failure?.step).toBeGreaterThan(0);
  });

  it('fails a job whose packed data is gone', async () => {
    const id = await own.stack.upload(smallShapes({ seed: 7 }));
    await own.stack.datasetWhen(id, ({ status }) => status === 'ready');
    const stored = await own.stack.database.datasets.get(PROJECT, id);
    await own.stack.storage.delete(stored?.manifest?.splits.train?.shards[0]?.key ?? '');
    const job = await ended(await submit(short, {}, id), 'failed');
    expect(job.failure).toMatchObject({ class: 'data', code: 'dataset_missing' });
  });

  it('classifies images with a model of a job', async () => {
    const id = await submit({ ...short, epochs: 6, precision: 'fp32' });
    await ended(id, 'succeeded');
    const model = await own.stack.modelOf(id);
    const images: { fileName: string; key: string }[] = [];
    for await (const { path, png } of generateShapes({ ...smallOptions, perClass: 20, testPerClass: 0 })) {
      images.push({ fileName: path, key: (await own.stack.storage.put(png)).key });
    }
    images.push({ fileName: 'broken.png', key: (await own.stack.storage.put(Buffer.from('no image'))).key });
    const predict = async (more: Partial<NewPrediction> = {}) => {
      const request = { ...asked(model.id), images, topK: 2, ...more };
      const id = await own.stack.database.predictions.create(PROJECT, request);
      await own.stack.queues.enqueue('predict', id);
      const state = () => own.stack.database.predictions.get(PROJECT, id);
      await expect.poll(async () => (await state())?.status).toBe('done');
      return state();
    };
    const state = await predict();
    expect(state?.error).toBeNull();
    const results = state?.results ?? [];
    expect(results.map(({ fileName }) => fileName)).toEqual(images.map(({ fileName }) => fileName));
    expect(results.at(-1)).toMatchObject({ classes: null, error: { code: 'not_an_image' } });
    for (const { classes } of results.slice(0, -1)) expect(classes).toHaveLength(2);
    const hits = results.filter(
      ({ fileName, classes }) => fileName.split('/')[1] === classes?.[0]?.class,
    ).length;
    expect(hits / 60).toBeGreaterThan(0.5); // images of the train split; chance is a third

    const other = await submit({ ...short, epochs: 6, seed: 5 });
    await ended(other, 'succeeded');
    const second = await own.stack.modelOf(other);
    const probabilitiesOf = async (more: Partial<NewPrediction>) => {
      const state = await predict({ topK: 3, ...more });
      return (state?.results ?? []).flatMap(({ classes }) => {
        if (classes === null) return [];
        return [...classes].sort((a, b) => a.label - b.label).map(({ probability }) => probability);
      });
    };
    const [mine, its] = [await probabilitiesOf({}), await probabilitiesOf(asked(second.id))];
    const members = [
      { modelId: model.id, weight: 0.75 },
      { modelId: second.id, weight: 0.25 },
    ];
    const together = await probabilitiesOf({ members, combination: 'probabilities' });
    expect(together).toHaveLength(180);
    for (const [i, p] of together.entries()) expect(p).toBeCloseTo(0.75 * mine[i]! + 0.25 * its[i]!, 5);
    const voted = await probabilitiesOf({ members, combination: 'vote' });
    for (const p of voted) expect([0, 0.25, 0.75, 1].some((share) => Math.abs(share - p) < 1e-5)).toBe(true);
    const flipped = await probabilitiesOf({ testTimeAugmentation: 'flips' });
    expect(flipped).not.toEqual(mine);

    // The evaluation of one model alone is that of its job; together they are counted by what they predict together.
    const target = { datasetId: own.dataset, split: 'test' } as const;
    const evaluate = async (more: Partial<NewPrediction> = {}) =>
      (await predict({ images: [], target, ...more }))?.evaluation;
    const ofJob = await own.stack.database.evaluations.get(PROJECT, model.jobId);
    const alone = await evaluate();
    expect(alone).toMatchObject({ split: 'test', samples: 60, confusion: ofJob?.confusion });
    expect(alone?.accuracy).toBeCloseTo(ofJob?.accuracy ?? -1, 9);
    expect(alone?.loss).toBeCloseTo(ofJob?.loss ?? -1, 4);
    const both = await evaluate({ members, combination: 'logits', testTimeAugmentation: 'flips' });
    expect(both?.confusion.flat().reduce((sum, count) => sum + count)).toBe(60);
    const gone = await predict({ images: [], target: { ...target, split: 'validation' } });
    expect(gone?.error).toMatchObject({ code: 'dataset_not_found' });

    process.kill(await childOf(process.pid, 'predict'), 'SIGKILL');
    await expect.poll(() => childrenOf(process.pid, 'predict')).toEqual([]);
    expect((await predict())?.results).toEqual(results);

    // A request that waits for a process that is killed gets its answer from the next one.
    const restarted = await childOf(process.pid, 'predict');
    process.kill(restarted, 'SIGSTOP');
    const answered = predict();
    await sleep(500);
    process.kill(restarted, 'SIGKILL');
    expect(await answered).toMatchObject({ error: null, results });
  });

  it('says that the weights of a model are gone', async () => {
    const id = await submit({ ...short, epochs: 1, seed: 3 });
    await ended(id, 'succeeded');
    const model = await own.stack.modelOf(id);
    const image = { fileName: 'a.png', key: (await own.stack.storage.put(Buffer.from('never read'))).key };
    await own.stack.storage.delete(model.sha256);
    const request = { ...asked(model.id), images: [image], topK: 1 };
    const prediction = await own.stack.database.predictions.create(PROJECT, request);
    await own.stack.queues.enqueue('predict', prediction);
    await expect
      .poll(() => own.stack.database.predictions.get(PROJECT, prediction))
      .toMatchObject({ status: 'done', error: { code: 'content_damaged' } });
  });
});
