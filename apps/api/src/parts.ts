import type { Database } from '@ravine/database';
import type { Queues } from '@ravine/queue';
import type { Storage } from '@ravine/storage';
import type { FastifyBaseLogger } from 'fastify';

export interface Limits {
  /** Bytes of one dataset upload, all files together. */
  uploadBytes: number;
  /** Bytes of the images of one prediction, all together. */
  predictBytes: number;
  /** Requests per minute and caller. */
  requestsPerMinute: number;
}

export const defaultLimits: Limits = {
  uploadBytes: 20 * 1024 ** 3,
  predictBytes: 256 * 1024 ** 2,
  requestsPerMinute: 60_000,
};

/** Everything that the app is made of; tests give the parts that they look at. */
export interface Parts {
  database: Database;
  queues: Queues;
  storage: Storage;
  version: string;
  /** Null: for this machine only, without a key. */
  apiKey: string | null;
  limits: Limits;
  log: FastifyBaseLogger;
  /** Checks every JSON answer against the contract and fails loudly: for tests, as it costs time. */
  verifyAnswers?: boolean;
}
