import type { JobEvent } from '@ravine/contracts';
import type pg from 'pg';
import { isRepeated } from './attempt-rows.js';
import { requireAttempt } from './fence.js';
import { appendLogs, type NewLine } from './logs.js';
import { json, type Queryable, text, transaction } from './sql.js';

export type NewEvent = Pick<JobEvent, 'type' | 'level' | 'message'> & { data?: Record<string, unknown> };

export interface Events {
  /**
   * Appends in order and answers the sequences. With an attempt it is fenced and throws StaleAttempt; with
   * null it is the service that speaks, also after the end of the job. A `report` names the call, which may then be
   * repeated where its answer was lost: what is there is not written again.
   */
  append(
    jobId: string,
    attempt: number | null,
    events: readonly NewEvent[],
    report?: string,
  ): Promise<number[]>;
  /** Events with a larger sequence than `after`, oldest first. */
  read(jobId: string, after: number, limit: number): Promise<JobEvent[]>;
}

export function createEvents(pool: pg.Pool): Events {
  return {
    append: (jobId, attempt, events, report) =>
      transaction(pool, async (client) => {
        if (attempt !== null) {
          await requireAttempt(client, jobId, attempt);
          if (report !== undefined && (await isRepeated(client, jobId, attempt, report))) return [];
        }
        return appendEvents(client, jobId, attempt, events);
      }),

    async read(jobId, after, limit) {
      const { rows } = await pool.query<Omit<JobEvent, 'object' | 'at'> & { at: Date }>(
        `select sequence, at, type, level, message, data from job_events
         where job_id = $1 and sequence > $2 order by sequence limit $3`,
        [jobId, after, limit],
      );
      return rows.map((row) => ({ object: 'event', ...row, at: row.at.toISOString() }));
    },
  };
}

/**
 * Within the transaction of what the events tell about. The counter's row lock is held until the commit, so
 * sequences have no gaps and a reader never sees a later one before an earlier one. The log tells each event too.
 */
export const appendEvents = (
  client: Queryable,
  jobId: string,
  attempt: number | null,
  events: readonly NewEvent[],
): Promise<number[]> => appendToEach(client, [jobId], attempt, events);

/** The same events to each of several jobs; the sequences are told for one alone. */
export async function appendToEach(
  client: Queryable,
  jobIds: readonly string[],
  attempt: number | null,
  events: readonly NewEvent[],
): Promise<number[]> {
  if (events.length === 0 || jobIds.length === 0) return [];
  const { rows } = await client.query<{ sequence: number }>(
    `with counted as (
       update job_counters set last_event = last_event + $3 where job_id = any($1)
       returning job_id, last_event - $3 as before
     )
     insert into job_events (job_id, sequence, attempt, at, type, level, message, data)
     select job_id, before + position, $2, clock_timestamp(), type, level, message, data::jsonb
     from counted, unnest($4::text[], $5::text[], $6::text[], $7::text[])
       with ordinality as event(type, level, message, data, position)
     returning sequence`,
    [
      jobIds,
      attempt,
      events.length,
      events.map(({ type }) => text(type)),
      events.map(({ level }) => level),
      events.map(({ message }) => text(message)),
      events.map(({ data }) => json(data ?? {})),
    ],
  );
  await appendLogs(client, jobIds, attempt, events.map(asLine));
  return rows.map(({ sequence }) => sequence);
}

/** A status or a phase is one word, which says little among other lines. */
const asLine = ({ type, level, message }: NewEvent): NewLine => ({
  level,
  source: null,
  message: type === 'status' || type === 'phase' ? `${type} ${message}` : message,
});
