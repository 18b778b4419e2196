import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Embedded, startEmbedded } from '@ravine/database/embedded';
import { loadTorchEngine } from '@ravine/engine-torch';
import { createWorker, type Worker } from '@ravine/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkerStack, silent, smallShapes, type WorkerStack } from '../support/worker-stack.js';

const { reason } = loadTorchEngine();
if (reason !== null) console.log(`skipped: a database that is away while a worker trains; ${reason}`);

describe.skipIf(reason !== null)('a worker whose database goes away', () => {
  let dir: string;
  let server: Embedded;
  let stack: WorkerStack;
  let worker: Worker;
  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'ravine-outage-'));
    await chmod(dir, 0o711); // PostgreSQL drops to another user when the tests run as root
    server = await startEmbedded({ dir });
    stack = await openWorkerStack({ freshDatabase: async () => server.url });
    worker = await createWorker({ ...stack, log: silent });
  });
  afterAll(async () => {
    await worker?.stop();
    await stack?.close();
    await server?.stop();
    const elsewhere = await readFile(path.join(dir, 'LOCATION'), 'utf8').catch(() => '');
    for (const folder of [dir, elsewhere.trim()]) {
      if (folder !== '') await rm(folder, { recursive: true, force: true });
    }
  });

  it('trains on and loses nothing', async () => {
    const dataset = await stack.upload(smallShapes());
    await stack.datasetWhen(dataset, ({ status }) => status === 'ready');
    const id = await stack.submit(dataset, { preset: 'shapes', epochs: 120, batchSize: 32 });
    const { progress } = await stack.jobWhen(id, (job) => (job.progress?.epoch ?? 0) > 2);
    await server.stop();
    await sleep(4_000);
    server = await startEmbedded({ dir });

    const job = await stack.jobWhen(id, ({ status }) => status === 'succeeded');
    expect(progress?.epoch).toBeLessThan(60);
    expect(job).toMatchObject({ attempt: 1, stopReason: 'completed' });
    const { series } = await stack.database.metrics.read(id, { names: 'train.loss' });
    expect(series[0]?.steps).toEqual(Array.from({ length: 720 }, (_, i) => i + 1));
    const events = await stack.database.events.read(id, 0, 1000);
    const epochs = events.filter(({ type }) => type === 'epoch').map(({ data }) => data.epoch);
    expect(epochs).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
  });
});
