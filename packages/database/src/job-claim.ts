import { type AttemptOutcome, type Failure, type LiveStatus, releasedTo } from '@ravine/contracts';
import type pg from 'pg';
import { beginAttempt, endAttempt } from './attempt-rows.js';
import { appendEvents } from './events.js';
import { LIVE } from './fence.js';
import { moveJob, type TrainQueue, unowned } from './job-row.js';
import { ownerGone } from './owner.js';
import { first, json, text } from './sql.js';

/**
 * So many attempts in a row may end without being asked and without a new checkpoint; then the job is parked as failed.
 * More than bad luck takes: whoever loses ten workers within one checkpoint interval still goes on.
 */
export const MAX_FRUITLESS = 12;

export interface Taker {
  workerId: string;
  /** Where the delivery came from; null leaves the row's. */
  queue: TrainQueue | null;
  /** How long a silent worker counts as alive. */
  lostAfterMs: number;
}

interface Row {
  status: 'queued' | LiveStatus;
  attempt: number;
  fruitless: number;
  gone: boolean;
  mine: boolean;
}

/** The new attempt number, or null when there is nothing to train. */
export async function takeJob(client: pg.PoolClient, id: string, taker: Taker): Promise<number | null> {
  const { workerId, queue, lostAfterMs } = taker;
  const job = await first<Row>(
    client,
    `select status, attempt, fruitless_attempts as fruitless, ${ownerGone('jobs', 'worker_id', 'claimed_at', '$2', '$3')} as gone,
       worker_id is not distinct from $2 as mine
     from jobs where id = $1 and (status = 'queued' or ${LIVE}) for no key update`,
    [id, workerId, lostAfterMs],
  );
  if (job === null || (job.status !== 'queued' && !job.gone)) return null;
  if (job.status !== 'queued') {
    const reason = lostBecause(job);
    const over = job.status === 'pausing' || job.status === 'cancelling';
    const to = releasedTo[job.status];
    const outcome = over ? (to as AttemptOutcome) : 'lost';
    await endAttempt(client, id, job.attempt, { outcome, reason });
    if (over) {
      await moveJob(client, { id, from: job.status, to, attempt: job.attempt, reason, set: unowned });
      return null;
    }
  }
  if (job.fruitless >= MAX_FRUITLESS) {
    await park(client, id, job);
    return null;
  }
  return own(client, id, job, workerId, queue);
}

/** A worker claims its own job again where the answer to its claim was lost. */
const lostBecause = ({ mine }: Row): string =>
  mine ? 'its worker lost its connection as it took the job' : 'its worker is gone';

/** Makes the worker the owner. */
async function own(client: pg.PoolClient, id: string, job: Row, workerId: string, queue: TrainQueue | null) {
  const attempt = job.attempt + 1;
  await client.query(
    `update jobs set attempt = $2, worker_id = $3, claimed_at = now(), queue = coalesce($4, queue), phase = 'preparing',
       fruitless_attempts = fruitless_attempts + 1, started_at = coalesce(started_at, now()), updated_at = now()
     where id = $1`,
    [id, attempt, workerId, queue],
  );
  await beginAttempt(client, id, attempt, workerId);
  const data = { workerId, attempt };
  if (job.status === 'queued') {
    await moveJob(client, { id, from: 'queued', to: 'running', attempt, data });
  } else {
    const message = `attempt ${attempt} takes over: ${lostBecause(job)}`;
    await appendEvents(client, id, attempt, [{ type: 'attempt', level: 'warning', message, data }]);
  }
  return attempt;
}

/** A job that brings down whatever runs it must not go round for ever. */
async function park(client: pg.PoolClient, id: string, { status, attempt, fruitless }: Row): Promise<void> {
  const last = await first<{ outcome: string; reason: string | null }>(
    client,
    'select outcome, reason from job_attempts where job_id = $1 and attempt = $2',
    [id, attempt],
  );
  const why = last?.reason ?? 'its worker is gone';
  const failure: Failure = {
    class: 'infrastructure',
    code: 'too_many_attempts',
    message: `${fruitless} attempts in a row ended without a new checkpoint, the last one because: ${why}. Look at the logs of the job and its workers; then fork the job or submit it again`,
    step: null,
    retryable: true,
    evidence: { attempts: attempt, last: why },
  };
  await moveJob(client, {
    id,
    from: status,
    to: 'failed',
    attempt: null,
    reason: text(failure.message),
    set: { ...unowned, failure: json(failure) },
    data: { class: failure.class, code: failure.code },
    level: 'error',
  });
}
