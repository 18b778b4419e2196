import type { Attempt, AttemptOutcome, ResumePoint } from '@ravine/contracts';
import type { JobAttempt as AttemptRow } from './generated/client.js';
import { insert, json, type Queryable, text } from './sql.js';

/** Within the transaction that gives a job to a worker. */
export const beginAttempt = (client: Queryable, jobId: string, attempt: number, workerId: string) =>
  insert(client, 'job_attempts', { job_id: jobId, attempt, worker_id: workerId });

/** Within the transaction that takes a job from its worker; changes nothing for a job that none ever had. */
export async function endAttempt(
  client: Queryable,
  jobId: string,
  attempt: number,
  { outcome, reason }: { outcome: AttemptOutcome; reason: string | null },
): Promise<void> {
  await client.query(
    `update job_attempts set outcome = $3, reason = $4, ended_at = now(),
       last_step = (select max(step) from metrics where job_id = $1 and name = 'train.loss')
     where job_id = $1 and attempt = $2 and outcome is null`,
    [jobId, attempt, outcome, reason === null ? null : text(reason)],
  );
}

/**
 * Whether this report was written before, by a call whose answer was lost, within the transaction that writes it. The
 * reports of an attempt are written one after the other, so the name of the last is enough.
 */
export async function isRepeated(
  client: Queryable,
  jobId: string,
  attempt: number,
  report: string,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update job_attempts set last_report = $3
     where job_id = $1 and attempt = $2 and last_report is distinct from $3`,
    [jobId, attempt, report],
  );
  return rowCount === 0;
}

/** What a worker tells of its attempt once it knows. The caller has checked the fence. */
export async function describeAttempt(
  client: Queryable,
  jobId: string,
  attempt: number,
  on: { engine: string; device: string; precision: string; threads: number },
): Promise<void> {
  await client.query(
    `update job_attempts set engine = $3, device = $4, precision = $5, threads = $6
     where job_id = $1 and attempt = $2`,
    [jobId, attempt, on.engine, on.device, on.precision, on.threads],
  );
}

export async function resumeAttempt(
  client: Queryable,
  jobId: string,
  attempt: number,
  point: ResumePoint,
): Promise<void> {
  await client.query('update job_attempts set resumed_from = $3 where job_id = $1 and attempt = $2', [
    jobId,
    attempt,
    json(point),
  ]);
}

export const attemptView = (row: AttemptRow): Attempt => ({
  attempt: row.attempt,
  workerId: row.workerId,
  engine: row.engine,
  device: row.device,
  precision: row.precision,
  threads: row.threads,
  resumedFrom: row.resumedFrom as Attempt['resumedFrom'], // written by `resumeAttempt`
  lastStep: row.lastStep,
  outcome: row.outcome as Attempt['outcome'],
  reason: row.reason,
  startedAt: row.startedAt.toISOString(),
  endedAt: row.endedAt?.toISOString() ?? null,
});
