import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLevel } from '@ravine/contracts';
import { type JobClaim, type NewLine, StaleAttempt } from '@ravine/database';
import type { WorkerContext } from '../parts.js';
import { withRetry } from '../retry.js';
import { isTransient } from '../transient.js';

/** How often lines are written, which also bounds what a job can write: twice a second so many. */
const INTERVAL_MS = 500;
const MOST_HELD = 300;
/** The end of a run does not wait longer for a database that is away. */
const CLOSE_MS = 5_000;

/**
 * What is said about one attempt, on its way to the log of the job. It is written in batches, and never ends a job: while
 * the database is away the newest lines wait, and a line says how many were lost before them.
 */
export interface JobLog {
  /** What the worker has to say. */
  say(level: LogLevel, message: string): void;
  /** A line that the training process wrote. */
  output(line: string, stream: 'stdout' | 'stderr'): void;
  /** Writes what is held. */
  close(): Promise<void>;
}

export interface JobLogOptions {
  /** Throws StaleAttempt when the attempt is over. */
  append(lines: readonly NewLine[]): Promise<void>;
  /** What cannot be written is told here, at most once for each outage. */
  onError(error: unknown): void;
}

export function openJobLog({ job, attempt }: JobClaim, { database, log }: WorkerContext): JobLog {
  return createJobLog({
    append: (lines) => database.logs.append(job.id, attempt, lines),
    onError: (err) =>
      log.warn({ job: job.id, err }, 'the log of a job cannot be written now; its newest lines wait'),
  });
}

type Held = Omit<NewLine, 'ageMs'> & { at: number };

export function createJobLog({ append, onError }: JobLogOptions): JobLog {
  let held: Held[] = [];
  let lost = 0;
  let over = false;
  let isAway = false;
  const closed = new AbortController();
  let writing: Promise<void> | null = null;

  const hold = (level: LogLevel, source: Held['source'], message: string): void => {
    if (over) return;
    held.push({ level, source, message, at: performance.now() });
    trim();
    writing ??= writeSoon();
  };
  /** Plain output is lost first: a flood of it must not take the last words of a crash along. Then the rest of the output. */
  const trim = (): void => {
    while (held.length > MOST_HELD) {
      const plain = held.findIndex(({ source, level }) => source === 'training' && level === 'info');
      const first = plain >= 0 ? plain : held.findIndex(({ source }) => source === 'training');
      held.splice(Math.max(first, 0), 1);
      lost += 1;
    }
  };
  const write = async (): Promise<void> => {
    const batch = held;
    const missing = lost;
    held = [];
    lost = 0;
    const now = performance.now();
    const lines = batch.map(({ at, ...line }) => ({ ...line, ageMs: now - at }));
    try {
      await append(missing > 0 ? [gap(missing), ...lines] : lines);
      isAway = false;
    } catch (error) {
      held = [...batch, ...held];
      lost += missing;
      trim();
      if (error instanceof StaleAttempt) over = true;
      throw error;
    }
  };
  const writeSoon = async (): Promise<void> => {
    while (held.length > 0 && !over) {
      await sleep(INTERVAL_MS, undefined, { signal: closed.signal }).catch(() => {});
      if (closed.signal.aborted) break;
      await write().catch((error: unknown) => {
        if (!over && !isAway) onError(error);
        isAway = true;
      });
    }
    writing = null;
  };

  return {
    say: (level, message) => hold(level, null, message),
    output(line, stream) {
      if (line.trim() !== '') hold(stream === 'stderr' ? 'warning' : 'info', 'training', line);
    },
    async close() {
      closed.abort();
      await writing;
      if (held.length === 0 || over) return;
      await withRetry(write, { retryable: isTransient, maxMs: CLOSE_MS }).catch((error: unknown) => {
        if (!over) onError(error);
      });
      over = true;
    },
  };
}

const gap = (lines: number): NewLine => ({
  level: 'warning',
  source: 'training',
  message: `${lines} lines of output were dropped here: the process writes more than a log can keep`,
});
