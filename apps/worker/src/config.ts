import { resolve } from 'node:path';
import { databaseEnvironment } from '@ravine/database';
import { queueEnvironment } from '@ravine/queue';
import { storageEnvironment } from '@ravine/storage';
import { z } from 'zod';
import { availableThreads } from './available-threads.js';

const count = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^[0-9]+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(minimum).max(maximum));

/** Everything that a worker process takes from the environment. */
export const WorkerEnvironment = z.object({
  ...databaseEnvironment.shape,
  ...queueEnvironment.shape,
  ...storageEnvironment.shape,
  DATABASE_URL: databaseEnvironment.shape.DATABASE_URL.unwrap().describe('PostgreSQL that holds the rows'),
  STORAGE_URL: storageEnvironment.shape.STORAGE_URL.unwrap().describe('Where artifacts are kept'),
  RAVINE_WORKER_CONCURRENCY: count(1, 64)
    .optional()
    .describe('Training jobs at once on each device (default 1)'),
  RAVINE_THREADS: count(1, 1024)
    .optional()
    .describe('CPU threads for all jobs together (default: all cores)'),
  RAVINE_ENGINE_TORCH: z
    .enum(['on', 'off'])
    .default('on')
    .describe('off: this worker trains nothing and predicts nothing, it only reads uploads'),
  RAVINE_DATA: z.string().min(1).default('.ravine').describe('Folder for caches and temporary files'),
  RAVINE_CACHE_GIB: count(1, 1_000_000).optional().describe('Size of the dataset cache (default 20)'),
  RAVINE_LOST_AFTER_SECONDS: count(10, 3600)
    .default(25)
    .describe('A worker that is silent for this long has lost its jobs to others; the same for all workers'),
  RAVINE_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});
export type WorkerEnvironment = z.output<typeof WorkerEnvironment>;

/** What `createWorker` needs beside its parts. */
export interface WorkerSettings {
  /** For caches and temporary files; made when it is missing. */
  folder: string;
  /** Training jobs at once on each device. */
  concurrency: number;
  /** CPU threads for all jobs together. */
  threads: number;
  cacheBytes: number;
  /** Without it the worker only reads uploads. */
  torch: boolean;
  /** The environment that child processes are started with, before secrets are taken out. */
  environment: Record<string, string | undefined>;
}

/** CPU threads of one job, however many run. */
export const threadsPerJob = ({ threads, concurrency }: WorkerSettings): number =>
  Math.max(1, Math.floor(threads / concurrency));

/** `environment` is where the values came from, for the child processes. */
export function workerSettings(
  config: Pick<
    Partial<WorkerEnvironment>,
    | 'RAVINE_DATA'
    | 'RAVINE_WORKER_CONCURRENCY'
    | 'RAVINE_THREADS'
    | 'RAVINE_CACHE_GIB'
    | 'RAVINE_ENGINE_TORCH'
  >,
  environment: Record<string, string | undefined>,
): WorkerSettings {
  return {
    folder: resolve(config.RAVINE_DATA ?? '.ravine', 'worker'),
    concurrency: config.RAVINE_WORKER_CONCURRENCY ?? 1,
    threads: config.RAVINE_THREADS ?? availableThreads(),
    cacheBytes: (config.RAVINE_CACHE_GIB ?? 20) * 2 ** 30,
    torch: config.RAVINE_ENGINE_TORCH !== 'off',
    environment,
  };
}

/** Names every variable that is missing or wrong, one a line. An empty variable is one that is not set. */
export function readEnvironment(environment: Record<string, string | undefined>): WorkerEnvironment {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = WorkerEnvironment.safeParse(given);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`the environment of the worker is not usable:\n${lines.join('\n')}`);
}
