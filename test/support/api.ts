import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildApp, createLog, defaultLimits, type Parts } from '@ravine/api';
import { type Dataset, type DatasetManifest, newId, type Worker } from '@ravine/contracts';
import { type Database, migrate, openDatabase } from '@ravine/database';
import { createQueues, type Queues } from '@ravine/queue';
import { createStorage, type Storage } from '@ravine/storage';
import { type TestPostgres, testPostgres } from './postgres.js';

export type App = Awaited<ReturnType<typeof buildApp>>;

export interface TestApi {
  app: App;
  database: Database;
  queues: Queues;
  storage: Storage;
  folder: string;
  /** Another app on the same parts. */
  build(change?: Partial<Parts>): Promise<App>;
  close(): Promise<void>;
}

const quiet = createLog({ RAVINE_LOG_LEVEL: 'silent' });

/** The API on real PostgreSQL, the queue in it, and a folder. Every JSON answer is checked against the contract. */
export async function testApi(postgres?: TestPostgres): Promise<TestApi> {
  const server = postgres ?? (await testPostgres());
  const url = await server.freshDatabase();
  await migrate(url);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ravine-api-'));
  const database = await openDatabase({ url });
  const queues = await createQueues({ databaseUrl: url, log: quiet });
  const storage = await createStorage(pathToFileURL(folder).href);
  const apps: App[] = [];
  const build = async (change: Partial<Parts> = {}): Promise<App> => {
    const parts = {
      database,
      queues,
      storage,
      version: '0.0.1',
      apiKey: null,
      limits: defaultLimits,
      log: quiet,
    };
    const app = await buildApp({ ...parts, verifyAnswers: true, ...change });
    apps.push(app);
    return app;
  };
  return {
    app: await build(),
    database,
    queues,
    storage,
    folder,
    build,
    async close() {
      for (const app of apps) await app.close();
      await queues.close();
      await database.close();
      await storage.close();
      if (!postgres) await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A worker that says it can compute; nothing consumes its queues. */
export async function registerWorker({ database }: TestApi, change: Partial<Worker['engines'][number]> = {}) {
  const id = newId('wkr');
  const device = { id: 'cpu', kind: 'cpu' as const, name: 'test', memoryBytes: null, fastBf16: false };
  const engine = {
    name: 'torch',
    available: true,
    reason: null,
    libraries: {},
    devices: [device],
    ...change,
  };
  const queues = ['train.cpu', 'control', 'predict'];
  await database.workers.register({
    id,
    hostname: 'test',
    processId: 1,
    version: '0',
    engines: [engine],
    queues,
    threads: 1,
  });
  // Nobody speaks for it from now on; it must not be taken for lost on a machine that is slow.
  const spoken = `update workers set heartbeat_at = now() + interval '1 hour' where id = $1`;
  await database.pool.query(spoken, [id]);
  return id;
}

const SIZE = 8;
const CLASSES = ['circle', 'square', 'triangle'];

/** The value of every pixel byte of sample `index`: tells samples apart. */
export const pixelOf = (index: number): number => (index * 7) % 256;

/** A dataset that is ready, with real shards: 8×8 gray, three classes, in one shard of 5 images and the rest. */
export async function readyDataset(
  api: TestApi,
  perClass = 4,
): Promise<{ dataset: Dataset; manifest: DatasetManifest }> {
  const { database, storage } = api;
  const id = newId('ds');
  const upload = await storage.put(Buffer.from(`upload of ${id}`));
  const uploads = [{ name: 'a.zip', key: upload.key, bytes: upload.size }];
  await database.datasets.create('default', {
    id,
    name: 'shapes',
    fit: 'crop',
    labels: {},
    uploads,
    uploadBytes: 10,
  });
  const worker = await registerWorker(api);
  const claim = await database.datasets.claimIngest(id, worker);
  if (!claim) throw new Error('the ingest cannot be claimed');
  const manifest = await packedManifest(storage, perClass);
  const report = {
    source: 'zip' as const,
    accepted: 1,
    rejected: 0,
    ignored: 0,
    errors: [],
    warnings: [],
    rejections: [],
  };
  await database.datasets.finishIngest(id, claim.attempt, { status: 'ready', manifest, report });
  await database.workers.remove(worker);
  const dataset = await database.datasets.get('default', id);
  if (!dataset) throw new Error('the dataset is gone');
  return { dataset, manifest };
}

async function packedManifest(storage: Storage, perClass: number): Promise<DatasetManifest> {
  const count = perClass * CLASSES.length;
  const imagesPerShard = 5;
  const shards = [];
  for (let from = 0; from < count; from += imagesPerShard) {
    const images = Math.min(imagesPerShard, count - from);
    const bytes = Buffer.concat(
      Array.from({ length: images }, (_, i) => Buffer.alloc(SIZE * SIZE, pixelOf(from + i))),
    );
    const { key, size } = await storage.put(bytes);
    shards.push({ key, count: images, bytes: size });
  }
  const labels = Buffer.alloc(2 * count);
  for (let i = 0; i < count; i += 1) labels.writeUInt16LE(i % CLASSES.length, 2 * i);
  const stored = await storage.put(labels);
  const split = {
    count,
    perClass: CLASSES.map(() => perClass),
    imagesPerShard,
    shards,
    labels: { key: stored.key, bytes: stored.size },
  };
  return {
    format: 'ravine-packed-1',
    height: SIZE,
    width: SIZE,
    channels: 1,
    fit: 'crop',
    classes: CLASSES,
    splits: { train: split },
    mean: [0.5],
    standardDeviation: [0.25],
    digest: 'd'.repeat(64),
  };
}

export interface Part {
  name: string;
  value: string | Uint8Array;
  fileName?: string;
}

/** A multipart body with its header, parts in the given order. */
export function multipart(parts: readonly Part[]): { payload: Buffer; headers: { 'content-type': string } } {
  const boundary = 'ravine-test-boundary';
  const chunks = parts.flatMap(({ name, value, fileName }) => {
    const file =
      fileName === undefined ? '' : `; filename="${fileName}"\r\nContent-Type: application/octet-stream`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`;
    return [Buffer.from(head), Buffer.from(value as Uint8Array), Buffer.from('\r\n')];
  });
  return {
    payload: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  };
}

/** A job that a worker has begun, on a ready dataset. */
export async function runningJob(
  api: TestApi,
): Promise<{ jobId: string; attempt: number; workerId: string }> {
  const { dataset } = await readyDataset(api);
  const workerId = await registerWorker(api);
  const payload = { recipe: { dataset: dataset.id, preset: 'shapes' } };
  const created = await api.app.inject({ method: 'POST', url: '/v1/jobs', payload });
  if (created.statusCode !== 201) throw new Error(created.body);
  const jobId = created.json().id as string;
  const claim = await api.database.jobs.claim(jobId, workerId);
  if (!claim) throw new Error('the job cannot be claimed');
  return { jobId, attempt: claim.attempt, workerId };
}

/** Waits for something that must come about, looking often. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('the condition did not come about within 60 s');
}
