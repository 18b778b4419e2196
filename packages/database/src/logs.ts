import type { LogLevel, LogLine } from '@ravine/contracts';
import type pg from 'pg';
import { requireAttempt } from './fence.js';
import { lineText } from './log-text.js';
import { first, type Queryable, transaction } from './sql.js';

/** Lines that are kept of one job; this many more may come before the oldest of the least weight go. */
const MOST_LINES = 10_000;
const SLACK = 500;

export interface NewLine {
  level: LogLevel;
  /** Null: whoever writes, which is the service without an attempt and the worker with one. */
  source: 'training' | null;
  message: string;
  /** How long ago it came about; default 0. Clocks of machines differ, so all times are the database's. */
  ageMs?: number;
}

export interface LogsRead {
  lines: LogLine[];
  /** How many lines of the job had to go. */
  dropped: number;
}

/** The log of a job: its events and what its worker and training process say, in the order in which they were written. */
export interface Logs {
  /** Fenced: throws StaleAttempt. */
  append(jobId: string, attempt: number, lines: readonly NewLine[]): Promise<void>;
  /** Lines of at least that level with a larger sequence than `after`, oldest first. */
  read(jobId: string, after: number, limit: number, level: LogLevel): Promise<LogsRead>;
  /** The sequence after which the last `count` lines of at least that level come. */
  beforeLast(jobId: string, count: number, level: LogLevel): Promise<number>;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error'];
const from = (level: LogLevel): LogLevel[] => LEVELS.slice(LEVELS.indexOf(level));

export function createLogs(pool: pg.Pool): Logs {
  return {
    append: (jobId, attempt, lines) =>
      transaction(pool, async (client) => {
        await requireAttempt(client, jobId, attempt);
        await appendLogs(client, [jobId], attempt, lines);
      }),

    async read(jobId, after, limit, level) {
      const { rows } = await pool.query<Omit<LogLine, 'object' | 'at'> & { at: Date }>(
        `select sequence, at, attempt, level, source, message from job_logs
         where job_id = $1 and sequence > $2 and level = any($4) order by sequence limit $3`,
        [jobId, after, limit, from(level)],
      );
      const counters = await first<{ dropped: number }>(
        pool,
        'select dropped_logs as dropped from job_counters where job_id = $1',
        [jobId],
      );
      const lines = rows.map((row) => ({ object: 'log' as const, ...row, at: row.at.toISOString() }));
      return { lines, dropped: counters?.dropped ?? 0 };
    },

    async beforeLast(jobId, count, level) {
      const row = await first<{ sequence: number }>(
        pool,
        `select sequence from job_logs where job_id = $1 and level = any($3)
         order by sequence desc offset $2 limit 1`,
        [jobId, count, from(level)],
      );
      return row?.sequence ?? 0;
    },
  };
}

/**
 * The same lines to each of the jobs, within the transaction of what they tell about; the counter's row lock puts them in
 * order, as with events.
 */
export async function appendLogs(
  client: Queryable,
  jobIds: readonly string[],
  attempt: number | null,
  lines: readonly NewLine[],
): Promise<void> {
  if (lines.length === 0 || jobIds.length === 0) return;
  const writer = attempt === null ? 'service' : 'worker';
  const { rows } = await client.query<{ id: string; kept: number }>(
    `with counted as (
       update job_counters set last_log = last_log + $3, kept_logs = kept_logs + $3
       where job_id = any($1) returning job_id, last_log - $3 as before, kept_logs
     ), added as (
       insert into job_logs (job_id, sequence, attempt, at, level, source, message)
       select job_id, before + position, $2, clock_timestamp() - age * interval '1 millisecond', level, source, message
       from counted, unnest($4::float8[], $5::text[], $6::text[], $7::text[])
         with ordinality as line(age, level, source, message, position)
     )
     select job_id as id, kept_logs as kept from counted where kept_logs > ${MOST_LINES + SLACK}`,
    [
      jobIds,
      attempt,
      lines.length,
      lines.map(({ ageMs }) => ageMs ?? 0),
      lines.map(({ level }) => level),
      lines.map(({ source }) => source ?? writer),
      lines.map(({ message }) => lineText(message)),
    ],
  );
  for (const { id, kept } of rows) await drop(client, id, kept - MOST_LINES);
}

/** Output of the training process goes first, then what is no warning; of equal weight the oldest. */
async function drop(client: Queryable, jobId: string, count: number): Promise<void> {
  await client.query(
    `with gone as (
       delete from job_logs where job_id = $1 and sequence in (
         select sequence from job_logs where job_id = $1
         order by source <> 'training', level in ('warning', 'error'), sequence limit $2
       ) returning sequence
     )
     update job_counters set kept_logs = kept_logs - (select count(*) from gone),
       dropped_logs = dropped_logs + (select count(*) from gone) where job_id = $1`,
    [jobId, count],
  );
}
