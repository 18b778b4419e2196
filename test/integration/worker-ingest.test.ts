import { describe, expect, it } from 'vitest';
import { trainingWorker } from '../support/training-worker.js';
import { childOf, smallShapes } from '../support/worker-stack.js';

describe('a worker that ingests', () => {
  const own = trainingWorker();

  it('packs an upload, stores the shards and drops the raw upload', async () => {
    const id = await own.stack.upload(smallShapes());
    const [upload] = (await own.stack.database.datasets.get('default', id))?.uploads ?? [];
    const dataset = await own.stack.datasetWhen(id, ({ status }) => status === 'ready');
    expect(dataset).toMatchObject({
      height: 16,
      classes: ['circle', 'cross', 'square'],
      splits: { train: { count: 180 }, test: { count: 60 } },
      failure: null,
    });
    const stored = await own.stack.database.datasets.get('default', id);
    const keys = Object.values(stored?.manifest?.splits ?? {}).flatMap((split) => [
      split.labels.key,
      ...split.shards.map(({ key }) => key),
    ]);
    for (const key of keys) expect(await own.stack.storage.stat(key)).not.toBeNull();
    await expect.poll(() => own.stack.storage.stat(upload?.key ?? '')).toBeNull();
  });

  it('takes the classes in the order that was declared', async () => {
    const classes = ['square', 'circle', 'cross'];
    const id = await own.stack.upload(smallShapes({ perClass: 5, testPerClass: 2 }), 'shapes.tar', {
      classes,
    });
    expect(await own.stack.datasetWhen(id, ({ status }) => status === 'ready')).toMatchObject({ classes });
  });

  it('refuses what is no dataset, with the reason, and drops the upload', async () => {
    const id = await own.stack.upload(Buffer.from('not an archive at all'), 'holiday.zip');
    const dataset = await own.stack.datasetWhen(id, ({ status }) => status === 'refused');
    expect(dataset.report?.errors).toMatchObject([{ code: 'unknown_format', path: 'holiday.zip' }]);
  });

  it('fails a dataset whose upload is gone from storage', async () => {
    const id = await own.stack.uploaded('0'.repeat(64));
    const dataset = await own.stack.datasetWhen(id, ({ status }) => status === 'failed');
    expect(dataset.failure?.code).toBe('not_found');
  });

  it('tries again when the process that reads the upload is killed', async () => {
    const id = await own.stack.upload(smallShapes({ perClass: 1500 }));
    process.kill(await childOf(process.pid, 'ingest'), 'SIGKILL');
    const dataset = await own.stack.datasetWhen(id, ({ status }) => status === 'ready');
    expect(dataset.splits?.train?.count).toBe(4500);
    const { rows } = await own.stack.database.pool.query(
      'select ingest_attempt from datasets where id = $1',
      [id],
    );
    expect(rows).toEqual([{ ingest_attempt: 2 }]);
  });

  it('does nothing at a delivery that comes again', async () => {
    const id = await own.stack.upload(smallShapes({ perClass: 5, testPerClass: 2 }));
    const { updatedAt } = await own.stack.datasetWhen(id, ({ status }) => status === 'ready');
    await own.stack.queues.enqueue('control', id, { dedupeKey: `${id}:again` });
    await expect.poll(() => own.stack.queues.has('control', `${id}:again`)).toBe(false);
    expect((await own.stack.database.datasets.get('default', id))?.updatedAt).toBe(updatedAt);
  });

  it('shows itself with its engines and why one is missing', async () => {
    const row = await own.stack.database.workers.get(own.worker.id);
    expect(row).toMatchObject({ status: 'online', engines: [{ name: 'torch' }] });
    expect(row?.queues).toEqual(expect.arrayContaining(['train.cpu', 'control', 'predict']));
    for (const { available, reason } of row?.engines ?? []) expect(reason === null).toBe(available);
  });
});
