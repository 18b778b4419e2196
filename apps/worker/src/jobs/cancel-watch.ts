import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, StaleAttempt } from '@ravine/database';
import type { Interruptions } from './interruption.js';

const POLL_MS = 1_000;

export interface CancelWatch {
  /** Looks at the row now. */
  look(): Promise<void>;
  stop(): void;
}

/**
 * Looks at the row of a running attempt when the database says that it changed, and once a second in case that was lost:
 * does it ask for an end, because the user cancels or another attempt has begun?
 */
export function watchCancel(
  { jobs, listen }: Pick<Database, 'jobs' | 'listen'>,
  jobId: string,
  attempt: number,
  interruptions: Interruptions,
): CancelWatch {
  const stopped = new AbortController();
  const look = async (): Promise<void> => {
    try {
      const mode = await jobs.cancelRequested(jobId, attempt);
      if (mode) interruptions.raise({ kind: 'cancel', now: mode === 'now' });
    } catch (error) {
      // A database that is away says nothing about the job; the next look tells.
      if (error instanceof StaleAttempt) interruptions.raise({ kind: 'stale' });
    }
  };
  const poll = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await look();
      await sleep(POLL_MS, undefined, { signal: stopped.signal }).catch(() => {});
    }
  };
  void poll();
  const unlisten = listen('job', (changed) => {
    if (changed === jobId && !stopped.signal.aborted) void look();
  }).catch(() => null); // without hints, polling is enough
  return {
    look,
    stop() {
      stopped.abort();
      void unlisten.then((end) => end?.()); // not waited for: while the database is away it may take long
    },
  };
}
