import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, StaleAttempt } from '@ravine/database';
import type { Interruptions } from './interruption.js';
import type { Limits } from './limits.js';

const POLL_MS = 1_000;

export interface JobWatch {
  /** Looks at the row now. */
  look(): Promise<void>;
  stop(): void;
}

/**
 * Looks at the row of a running attempt when the database says that it changed, and once a second in case that was lost:
 * does it ask for an end, because the user cancels or pauses or another attempt has begun? Has it other limits?
 */
export function watchJob(
  { jobs, listen }: Pick<Database, 'jobs' | 'listen'>,
  jobId: string,
  attempt: number,
  { interruptions, limits }: { interruptions: Interruptions; limits: Limits },
): JobWatch {
  const stopped = new AbortController();
  const look = async (): Promise<void> => {
    try {
      const { status, cancelMode, ...wanted } = await jobs.wish(jobId, attempt);
      limits.change(wanted);
      if (status === 'cancelling') interruptions.raise({ kind: 'cancel', now: cancelMode === 'now' });
      if (status === 'pausing') interruptions.raise({ kind: 'pause' });
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
