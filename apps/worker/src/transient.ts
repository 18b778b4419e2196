import type { RetryOptions } from './retry.js';

/** Outages of the database and the storage that are shorter than this are sat out. */
const PATIENCE_MS = 2 * 60 * 1000;
const SHUTDOWN_PATIENCE_MS = 3_000;

/** Codes of the operating system and of the storage. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'full']);
const BROKEN = new Set(['EIO', 'EROFS', 'ESTALE', 'EMFILE', 'ENFILE']);

const hasCode = (error: unknown, codes: ReadonlySet<string>): boolean =>
  error instanceof Error && 'code' in error && codes.has(String(error.code));

/** A full disk: worth another try later, but it does not empty itself within minutes. */
export const isDiskFull = (error: unknown): boolean => hasCode(error, FULL);

/** A disk of this machine that does not work: nothing that the job did, and another worker has another one. */
export const isDiskBroken = (error: unknown): boolean => hasCode(error, BROKEN);

/** Whether the same call may succeed later: the database, the queue or the storage is away, or a disk is full or broken. */
export const isTransient = (error: unknown): boolean =>
  isDiskFull(error) ||
  isDiskBroken(error) ||
  (error instanceof Error && 'retryable' in error && error.retryable === true);

/**
 * For writes that nobody else would make as long as this worker lives: repeated until it shuts down, then only briefly. A
 * claim is one: it may have been written although no answer came, and then no other worker takes what was claimed.
 */
export const untilShutdown = (shutdown: AbortSignal): RetryOptions =>
  shutdown.aborted
    ? { retryable: isTransient, maxMs: SHUTDOWN_PATIENCE_MS }
    : { retryable: isTransient, maxMs: Number.POSITIVE_INFINITY, signal: shutdown };

export const sitOut: RetryOptions = { retryable: isTransient, maxMs: PATIENCE_MS };

/** The same for files that come to this machine or leave it before anything was computed: a full disk is told at once. */
export const sitOutTransfer: RetryOptions = {
  retryable: (error) => isTransient(error) && !isDiskFull(error),
  maxMs: PATIENCE_MS,
};
