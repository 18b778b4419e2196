import type { Database } from '@ravine/database';
import type { Queues } from '@ravine/queue';
import type { Storage } from '@ravine/storage';
import type { BlobCache } from './blob-cache.js';
import type { Standby } from './child/standby.js';
import type { WorkerSettings } from './config.js';
import type { WorkerEngine } from './engines.js';
import type { Predictor } from './predictions/predictor.js';
import type { Workspace } from './workspace.js';

/** Where a worker tells what it does; pino fits. */
export interface WorkerLog {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What a worker is made of; the caller owns these and closes them after the worker. */
export interface WorkerParts {
  database: Database;
  queues: Queues;
  storage: Storage;
  log: WorkerLog;
  settings: WorkerSettings;
}

/** What the handlers of deliveries work with. */
export interface WorkerContext extends WorkerParts {
  workerId: string;
  engines: readonly WorkerEngine[];
  /** Jobs that run here, and on which device. */
  running: Map<string, { device: string | null }>;
  /** Datasets that are packed here. */
  ingesting: Set<string>;
  cache: BlobCache;
  workspace: Workspace;
  /**
   * Aborted when this worker stops: running work is handed back. The signals of deliveries are only hints, since each can
   * tell one reason in its life.
   */
  shutdown: AbortSignal;
  predictor: Predictor;
  standby: Standby;
}
