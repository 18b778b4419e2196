import type { RetryOptions } from './retry.js';

/** Outages of the database and the storage that are shorter than this are sat out. */
const PATIENCE_MS = 2 * 60 * 1000;

/** Whether an error says of itself that the same call may succeed later: a database, queue or storage that is away. */
export const isTransient = (error: unknown): boolean =>
  error instanceof Error && 'retryable' in error && error.retryable === true;

export const sitOut: RetryOptions = { retryable: isTransient, maxMs: PATIENCE_MS };
