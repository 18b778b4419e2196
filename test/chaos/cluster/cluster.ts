import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { shapesArchive } from '@ravine/client/shapes';
import { type Database, migrate, openDatabase } from '@ravine/database';
import { createQueues, type Queues } from '@ravine/queue';
import { createStorage, type Storage } from '@ravine/storage';
import { type TestRedis, testRedis } from '../../support/redis.js';
import { endProcessesOf } from '../../support/service-process.js';
import { type ApiClient, createApiClient } from './api-client.js';
import { keepCheckpointHistory } from './checkpoint-history.js';
import { createFaultFolder, type FaultFolder } from './faults.js';
import { patiently } from './patience.js';
import { type ChaosPostgres, crashPostgres } from './postgres.js';
import { openSlot, type Slot } from './slot.js';

export type QueueKind = 'postgres' | 'redis';

/** A whole service of real processes: database, queue, one API and some workers, each started again when it dies. */
export interface Cluster {
  kind: QueueKind;
  folder: string;
  /** The harness's own look at it; its calls fail while a server is away. */
  database: Database;
  databaseUrl: string;
  queues: Queues;
  storage: Storage;
  redis: TestRedis | null;
  /** Whether the server was started by the tests. */
  canCrashPostgres: boolean;
  /** Kills PostgreSQL; it is back within a second or two. */
  crashPostgres(): Promise<void>;
  client: ApiClient;
  faults: FaultFolder;
  api: Slot;
  workers: Slot[];
  /** What a process of this cluster is started with. */
  environment(more?: Record<string, string>): Record<string, string | undefined>;
  /** One more worker, with settings of its own. */
  addWorker(more?: Record<string, string>): Slot;
  /** The dataset of 16 × 16 shapes, uploaded and ready. */
  dataset(): Promise<string>;
  close(): Promise<void>;
}

export interface ClusterOptions {
  kind: QueueKind;
  postgres: ChaosPostgres;
  workers: number;
}

const PRELOAD = pathToFileURL(fileURLToPath(new URL('../inject/preload.mjs', import.meta.url))).href;
const program = (name: string): string => fileURLToPath(import.meta.resolve(`@ravine/${name}/main`));
const silent = { warn() {} };

export async function openCluster({ kind, postgres, workers }: ClusterOptions): Promise<Cluster> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ravine-chaos-'));
  const databaseUrl = await postgres.freshDatabase();
  await migrate(databaseUrl);
  const redis = kind === 'redis' ? await testRedis() : null;
  const storageUrl = pathToFileURL(path.join(folder, 'storage')).href;
  await mkdir(path.join(folder, 'storage'));
  const faults = await createFaultFolder(path.join(folder, 'faults'));
  const port = await freePort();
  const environment = (more: Record<string, string> = {}): Record<string, string | undefined> => ({
    ...process.env,
    NODE_OPTIONS: `--import=${PRELOAD}`,
    CHAOS_FAULTS: faults.folder,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis?.url,
    STORAGE_URL: storageUrl,
    RAVINE_DATA: folder,
    RAVINE_PORT: String(port),
    // Two jobs of one thread each on every worker: the results depend on the threads of a job.
    RAVINE_WORKER_CONCURRENCY: '2',
    RAVINE_THREADS: '2',
    RAVINE_RATE_LIMIT: '10000000',
    RAVINE_LOST_AFTER_SECONDS: '10', // the least: what a dead worker had is found soon
    ...more,
  });
  const slot = (name: string, app: string, more?: Record<string, string>): Slot =>
    openSlot({
      name,
      program: program(app),
      environment: () => environment(more),
      logFile: path.join(folder, `${name}.log`),
    });
  const database = await openDatabase({ url: databaseUrl, maxConnections: 4, lostAfterMs: 10_000 });
  await keepCheckpointHistory(database.pool);
  const queues = await createQueues({ databaseUrl, redisUrl: redis?.url, log: silent });
  const storage = await createStorage(storageUrl);
  const cluster: Cluster = {
    kind,
    folder,
    database,
    databaseUrl,
    queues,
    storage,
    redis,
    canCrashPostgres: postgres.dataFolder !== null,
    crashPostgres: () => crashPostgres(postgres),
    client: createApiClient(`http://127.0.0.1:${port}`),
    faults,
    api: slot('api', 'api'),
    workers: [],
    environment,
    addWorker(more) {
      const worker = slot(`worker-${cluster.workers.length + 1}`, 'worker', more);
      cluster.workers.push(worker);
      return worker;
    },
    dataset: () => uploadedDataset(cluster),
    async close() {
      await Promise.all([cluster.api, ...cluster.workers].map((running) => running.close()));
      await queues.close();
      await storage.close();
      await database.close();
      await redis?.close();
      await endProcessesOf(folder);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  for (let i = 0; i < workers; i += 1) cluster.addWorker();
  await Promise.all([cluster.api, ...cluster.workers].map((running) => running.ready()));
  return cluster;
}

/** Few images: a job of them takes a second or two. */
const SHAPES = { size: 16, perClass: 60, testPerClass: 20, classes: ['circle', 'square', 'cross'] as const };

async function uploadedDataset({ client }: Cluster): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of shapesArchive({ ...SHAPES, classes: [...SHAPES.classes] })) chunks.push(chunk);
  const { id } = await client.uploadDataset(Buffer.concat(chunks));
  await patiently(`dataset ${id} is not ready`, async () => {
    const { status } = await client.get<{ status: string }>(`/v1/datasets/${id}`);
    if (status !== 'ready') throw new Error(`it is ${status}`);
  });
  return id;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
