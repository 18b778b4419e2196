import type { RetryOptions } from './retry.js';

/** Outages of the database and the storage that are shorter than this are sat out. */
const PATIENCE_MS = 2 * 60 * 1000;
const SHUTDOWN_PATIENCE_MS = 3_000;

/** Whether an error says of itself that the same call may succeed later: a database, queue or storage that is away. */
export const isTransient = (error: unknown): boolean =>
  error instanceof Error && 'retryable' in error && error.retryable === true;

/** For writes that nobody else would make as long as this worker lives: repeated until it shuts down, then only briefly. */
export const untilShutdown = (shutdown: AbortSignal): RetryOptions =>
  shutdown.aborted
    ? { retryable: isTransient, maxMs: SHUTDOWN_PATIENCE_MS }
    : { retryable: isTransient, maxMs: Number.POSITIVE_INFINITY, signal: shutdown };

export const sitOut: RetryOptions = { retryable: isTransient, maxMs: PATIENCE_MS };
