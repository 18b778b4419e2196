import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { type Artifacts, createArtifacts } from './artifacts.js';
import { deleteUnnamed, unreferenced } from './blobs.js';
import { checkDatabase } from './check.js';
import { type Checkpoints, createCheckpoints } from './checkpoints.js';
import { connectionConfig, translateError } from './connection.js';
import { createDatasets, type Datasets } from './datasets.js';
import { createEvaluations, type Evaluations } from './evaluations.js';
import { createEvents, type Events } from './events.js';
import { PrismaClient } from './generated/client.js';
import { createGroups, type Groups } from './groups.js';
import { createIdempotency, type Idempotency } from './idempotency.js';
import { createJobs, type Jobs } from './jobs.js';
import { type Channel, createListener, type Handler } from './listen.js';
import { createLogs, type Logs } from './logs.js';
import { createMetrics, type MetricsStore } from './metrics.js';
import { createModels, type Models } from './models.js';
import { createPredictions, type Predictions } from './predictions.js';
import { createWorkers, type Workers } from './workers.js';

/**
 * The rows of the service. Functions of a user's resources take the project first and answer null for one
 * that is foreign as for one that is missing. When the server cannot be reached they throw
 * `service_unavailable`, and work again when it is back.
 */
export interface Database {
  /** For readiness and tests. */
  pool: pg.Pool;
  datasets: Datasets;
  jobs: Jobs;
  groups: Groups;
  metrics: MetricsStore;
  events: Events;
  logs: Logs;
  checkpoints: Checkpoints;
  artifacts: Artifacts;
  evaluations: Evaluations;
  models: Models;
  predictions: Predictions;
  workers: Workers;
  idempotency: Idempotency;
  /** Of these blob keys, those that no row names. */
  unreferenced(keys: readonly string[]): Promise<string[]>;
  /** Deletes, by `remove`, those of the blobs that no row names, while nobody can name them. Answers their keys. */
  deleteUnnamed(keys: readonly string[], remove: (key: string) => Promise<void>): Promise<string[]>;
  /** Refuses a server older than 14 and missing migrations, with `service_unavailable` and what to do. */
  check(): Promise<{ serverVersion: string }>;
  /** Ids of rows that have changed; a hint only, some are lost. Answers the function that ends it. */
  listen(channel: Channel, handler: Handler): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  /** Default 10. */
  maxConnections?: number;
  /**
   * A worker that is silent for this long has lost what it claimed. Default 25 s; the same in all processes.
   */
  lostAfterMs?: number;
  /** Trouble of connections that nobody waits for. */
  onError?(error: Error): void;
}

/** Connects at the first use; `check` tells whether the database can be worked with. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, maxConnections = 10, lostAfterMs = 25_000, onError = () => {} } = options;
  const pool = new pg.Pool({ ...connectionConfig(url), max: maxConnections });
  pool.on('error', onError);
  // The pool listens to idle clients only: one that is lent out and loses its connection would end the process.
  pool.on('connect', (client) => client.on('error', onError));
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool), log: [] });
  const listener = createListener(url, onError);
  const idempotency = createIdempotency(pool);
  const translated = <T extends object>(repository: T): T => translating(repository, url);
  return {
    pool,
    datasets: translated(createDatasets(pool, prisma, lostAfterMs)),
    jobs: translated(createJobs(pool, prisma, lostAfterMs)),
    groups: translated(createGroups(pool, prisma)),
    metrics: translated(createMetrics(pool)),
    events: translated(createEvents(pool)),
    logs: translated(createLogs(pool)),
    checkpoints: translated(createCheckpoints(pool, prisma)),
    artifacts: translated(createArtifacts(pool, prisma)),
    evaluations: translated(createEvaluations(pool, prisma)),
    models: translated(createModels(pool, prisma)),
    predictions: translated(createPredictions(pool, prisma, { lostAfterMs })),
    workers: translated(createWorkers(pool, prisma)),
    idempotency: translated(idempotency),
    ...translated({
      unreferenced: (keys: readonly string[]) => unreferenced(pool, keys),
      deleteUnnamed: (keys: readonly string[], remove: (key: string) => Promise<void>) =>
        deleteUnnamed(pool, keys, remove),
      check: () => checkDatabase(pool, url),
      listen: listener.listen,
    }),
    async close() {
      idempotency.close();
      await listener.close();
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

type Anything = (...args: unknown[]) => unknown;

/** The same functions; what they reject with passes through `translateError`. */
function translating<T extends object>(repository: T, url: string): T {
  const wrap = (work: Anything): Anything =>
    function translated(...args) {
      const result = work(...args);
      if (!(result instanceof Promise)) return result;
      return result.catch((error: unknown) => {
        throw translateError(error, url);
      });
    };
  const entries = Object.entries(repository).map(([name, work]) => [name, wrap(work as Anything)]);
  return Object.fromEntries(entries) as T;
}
