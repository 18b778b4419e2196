import { type LiveStatus, liveStatuses } from '@ravine/contracts';
import type pg from 'pg';
import { first } from './sql.js';

/**
 * A write came from an attempt that is over: a newer one exists, or the job has ended. Whoever gets it must
 * stop the work.
 */
export class StaleAttempt extends Error {
  constructor(jobId: string, attempt: number) {
    super(`attempt ${attempt} of ${jobId} is over: a newer attempt exists or the job has ended`);
    this.name = 'StaleAttempt';
  }
}

/** SQL: whether a worker has the job. */
export const LIVE = `status in (${liveStatuses.map((status) => `'${status}'`).join(', ')})`;

/**
 * Locks the row of a job until the transaction ends and answers its status; null when the attempt is over.
 */
export async function lockAttempt(
  client: pg.PoolClient,
  jobId: string,
  attempt: number,
): Promise<LiveStatus | null> {
  const row = await first<{ status: LiveStatus }>(
    client,
    `select status from jobs where id = $1 and attempt = $2 and ${LIVE} for no key update`,
    [jobId, attempt],
  );
  return row?.status ?? null;
}

/** As `lockAttempt`, for writes that answer something. Throws StaleAttempt. */
export async function requireAttempt(client: pg.PoolClient, jobId: string, attempt: number): Promise<void> {
  if ((await lockAttempt(client, jobId, attempt)) === null) throw new StaleAttempt(jobId, attempt);
}
