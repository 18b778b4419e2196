import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type ShapesOptions, shapesArchive } from '@ravine/client/shapes';
import { type Dataset, datasetFacts, isTerminal, type Job, type Model, newId } from '@ravine/contracts';
import { type Database, migrate, type NewJob, openDatabase } from '@ravine/database';
import { createQueues, type Queues } from '@ravine/queue';
import { createStorage, type Storage } from '@ravine/storage';
import { Recipe, type RecipeInput, resolveRecipe } from '@ravine/training';
import type { WorkerLog, WorkerSettings } from '@ravine/worker';
import { type TestPostgres, testPostgres } from './postgres.js';

/** What an upload may say of its content. */
export interface Declared {
  classes?: string[];
}

/** Database, queue and storage as a worker finds them, and the API's part of the work in a few calls. */
export interface WorkerStack {
  database: Database;
  queues: Queues;
  storage: Storage;
  /** For a worker in a process of its own. */
  environment: Record<string, string | undefined>;
  settings: WorkerSettings;
  folder: string;
  /** A dataset of 16 × 16 pixels that waits for its ingest. */
  upload(content: AsyncIterable<Uint8Array> | Uint8Array, name?: string, more?: Declared): Promise<string>;
  /** The same of a blob that is or is not in storage. */
  uploaded(key: string, name?: string, more?: Declared): Promise<string>;
  submit(datasetId: string, recipe: Omit<RecipeInput, 'dataset'>, more?: Partial<NewJob>): Promise<string>;
  job(id: string): Promise<Job>;
  /** Waits until the row of the job is as wanted; rejects when it ends otherwise. */
  jobWhen(id: string, wanted: (job: Job) => boolean): Promise<Job>;
  datasetWhen(id: string, wanted: (dataset: Dataset) => boolean): Promise<Dataset>;
  /** A model of the best checkpoint of a job that succeeded. */
  modelOf(jobId: string): Promise<Model>;
  close(): Promise<void>;
}

export const PROJECT = 'default';
export const silent: WorkerLog = { debug() {}, info() {}, warn() {}, error() {} };

/** On a database of its own, or on that of `postgres`, which is not stopped here. */
export async function openWorkerStack(given?: Pick<TestPostgres, 'freshDatabase'>): Promise<WorkerStack> {
  const postgres = given ? { ...given, stop: async () => {} } : await testPostgres();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ravine-worker-'));
  const url = await postgres.freshDatabase();
  await migrate(url);
  const storageUrl = pathToFileURL(path.join(folder, 'storage')).href;
  const database = await openDatabase({ url });
  const storage = await createStorage(storageUrl);
  const queues = await createQueues({ databaseUrl: url, log: silent });
  const environment = {
    ...process.env,
    DATABASE_URL: url,
    REDIS_URL: undefined,
    STORAGE_URL: storageUrl,
    RAVINE_DATA: folder,
  };

  const stack: WorkerStack = {
    database,
    queues,
    storage,
    environment,
    folder,
    settings: {
      folder: path.join(folder, 'worker'),
      concurrency: 1,
      threads: 2,
      cacheBytes: 2 ** 30,
      torch: true,
      environment: process.env,
    },

    async upload(content, name = 'upload.tar', more = {}) {
      const { key } = await storage.put(content);
      return stack.uploaded(key, name, more);
    },

    async uploaded(key, name = 'upload.tar', more = {}) {
      const id = newId('ds');
      await database.datasets.create(PROJECT, {
        id,
        name: 'test',
        height: 16,
        width: 16,
        channels: 3,
        fit: 'crop',
        labels: {},
        uploads: [{ name, key, bytes: 1 }],
        uploadBytes: 1,
        ...more,
      });
      await queues.enqueue('control', id);
      return id;
    },

    async submit(datasetId, wish, more = {}) {
      const dataset = await database.datasets.get(PROJECT, datasetId);
      if (!dataset?.manifest) throw new Error(`dataset ${datasetId} is not ready`);
      const facts = datasetFacts(datasetId, dataset.manifest);
      const { recipe, hash } = resolveRecipe(Recipe.parse({ dataset: datasetId, ...wish }), facts);
      const id = newId('job');
      const base = { id, name: 'test', recipe, recipeHash: hash, datasetId, labels: {}, priority: 0 };
      await database.jobs.create(PROJECT, { ...base, maxMinutes: null, ...more });
      await queues.enqueue('train.cpu', id);
      return id;
    },

    async job(id) {
      const job = await database.jobs.get(PROJECT, id);
      if (!job) throw new Error(`there is no job ${id}`);
      return job;
    },

    async jobWhen(id, wanted) {
      for (;;) {
        const job = await stack.job(id);
        if (wanted(job)) return job;
        if (isTerminal(job.status))
          throw new Error(`the job is ${job.status}: ${JSON.stringify(job.failure)}`);
        await sleep(100);
      }
    },

    async datasetWhen(id, wanted) {
      for (;;) {
        const dataset = await database.datasets.get(PROJECT, id);
        if (!dataset) throw new Error(`there is no dataset ${id}`);
        if (wanted(dataset)) return dataset;
        if (dataset.status !== 'ingesting') throw new Error(`the dataset is ${JSON.stringify(dataset)}`);
        await sleep(100);
      }
    },

    async modelOf(jobId) {
      const job = await stack.job(jobId);
      const checkpoint = await database.checkpoints.withRole(PROJECT, jobId, 'best');
      const manifest = (await database.datasets.get(PROJECT, job.datasetId))?.manifest;
      if (!checkpoint || !manifest) throw new Error(`job ${jobId} has no best checkpoint or no dataset`);
      const { height, width, channels, fit, mean, standardDeviation, classes } = manifest;
      return database.models.create(PROJECT, {
        id: newId('mdl'),
        name: 'test',
        checkpointId: checkpoint.id,
        architecture: job.recipe.architecture.kind,
        parameterCount: 1,
        classes,
        input: { height, width, channels, fit, mean, standardDeviation },
        testAccuracy: job.testAccuracy,
        sha256: checkpoint.sha256,
        bytes: checkpoint.bytes,
        labels: {},
      });
    },

    close: () => close(stack, postgres),
  };
  return stack;
}

async function close(
  { queues, storage, database, folder }: WorkerStack,
  postgres: Pick<TestPostgres, 'stop'>,
) {
  await queues.close();
  await storage.close();
  await database.close();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

/** A worker in a process of its own. */
export interface WorkerProcess {
  pid: number;
  /** Resolves when it is gone. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Cuts the line to it, as the death of its parent does. */
  disconnect(): void;
  /** Everything it has printed so far. */
  output(): string;
}

/** Starts `main.js` of the worker in a process group of its own; resolves when it says that it is ready, or is gone. */
export async function startWorkerProcess(
  environment: Record<string, string | undefined>,
): Promise<WorkerProcess> {
  const child = fork(fileURLToPath(import.meta.resolve('@ravine/worker/main')), {
    env: environment,
    execArgv: [],
    silent: true,
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text) => {
      output += text;
    });
  }
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  await Promise.race([once(child, 'message'), exited]);
  return { pid: child.pid ?? 0, exited, output: () => output, disconnect: () => child.disconnect() };
}

/** Images that train in seconds. */
export const smallOptions = {
  size: 16,
  perClass: 60,
  testPerClass: 20,
  classes: ['circle', 'square', 'cross'],
} satisfies ShapesOptions;
export const smallShapes = (options: ShapesOptions = {}) => shapesArchive({ ...smallOptions, ...options });

/** Process id of the child of a worker that serves a purpose, as soon as there is one. Linux only. */
export async function childOf(parent: number, purpose: string): Promise<number> {
  for (;;) {
    const [pid] = await childrenOf(parent, purpose);
    if (pid !== undefined) return pid;
    await sleep(10);
  }
}

/** Process ids of the children of a worker that serve a purpose. Linux only. */
export async function childrenOf(parent: number, purpose: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const [status, command] = await Promise.all(
      ['status', 'cmdline'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
    );
    const isChild = new RegExp(`^PPid:\\s*${parent}$`, 'm').test(status ?? '');
    if (isChild && command?.endsWith(`\0${purpose}\0`)) found.push(pid);
  }
  return found;
}
