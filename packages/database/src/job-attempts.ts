import type { Checkpoint, DatasetManifest, Failure, Job, Progress } from '@ravine/contracts';
import type pg from 'pg';
import { checkpointView } from './checkpoints.js';
import { appendEvents } from './events.js';
import { lockAttempt, StaleAttempt } from './fence.js';
import type { PrismaClient } from './generated/client.js';
import { type CancelMode, jobView, moveJob, unowned } from './job-row.js';
import { ownerGone } from './owner.js';
import { first, json, text, transaction } from './sql.js';

export interface JobClaim {
  job: Job;
  project: string;
  attempt: number;
  manifest: DatasetManifest;
  /** The newest checkpoint of an earlier attempt. */
  resumeFrom: Checkpoint | null;
}

export type JobEnd =
  | ({ status: 'succeeded'; stopReason: NonNullable<Job['stopReason']> } & JobResult)
  | ({ status: 'cancelled' } & JobResult)
  | ({ status: 'failed'; failure: Failure } & JobResult);

type JobResult = Partial<Pick<Job, 'testAccuracy' | 'trainSeconds' | 'peakMemoryBytes'>>;

/**
 * What workers do. Everything after `claim` is fenced: it answers false (or throws StaleAttempt) when the
 * attempt is over.
 */
export interface JobAttempts {
  /**
   * Makes the worker the owner of a queued job, or of one whose owner is gone, under the next attempt number.
   * Null when there is nothing to do: ended, or a live worker has it.
   */
  claim(id: string, workerId: string, delivery?: { deviceKind?: 'cpu' | 'cuda' }): Promise<JobClaim | null>;
  started(
    id: string,
    attempt: number,
    on: { engine: string; device: string; precision: string },
  ): Promise<boolean>;
  phase(id: string, attempt: number, phase: string): Promise<boolean>;
  progress(
    id: string,
    attempt: number,
    progress: Progress & Pick<Job, 'peakMemoryBytes'> & { trainSeconds: number | null },
  ): Promise<boolean>;
  best(id: string, attempt: number, best: NonNullable<Job['best']>): Promise<boolean>;
  /** Whether the user wants an end. Throws StaleAttempt. */
  cancelRequested(id: string, attempt: number): Promise<CancelMode | null>;
  /** Throws IllegalMove for an end that `jobTransitions` does not have, e.g. cancelled without a request. */
  finish(id: string, attempt: number, end: JobEnd): Promise<boolean>;
  /** Back to the queue, to go on from the last checkpoint; a job that is being cancelled is cancelled. */
  handBack(id: string, attempt: number, reason: string): Promise<boolean>;
}

export function createJobAttempts(pool: pg.Pool, prisma: PrismaClient, lostAfterMs: number): JobAttempts {
  const fenced = async (id: string, attempt: number, columns: string, values: unknown[]) => {
    const { rowCount } = await pool.query(
      `update jobs set ${columns}, updated_at = now()
       where id = $1 and attempt = $2 and status in ('running', 'cancelling')`,
      [id, attempt, ...values],
    );
    return rowCount === 1;
  };
  return {
    async claim(id, workerId, { deviceKind } = {}) {
      const queue = deviceKind === undefined ? null : `train.${deviceKind}`;
      const attempt = await transaction(pool, (client) => take(client, id, workerId, queue, lostAfterMs));
      if (attempt === null) return null;
      const row = await prisma.job.findUniqueOrThrow({
        where: { id },
        include: {
          dataset: { select: { manifest: true } },
          checkpoints: { where: { roles: { has: 'last' } }, orderBy: { step: 'desc' }, take: 1 },
        },
      });
      const { dataset, checkpoints, ...job } = row;
      return {
        job: jobView(job),
        project: job.project,
        attempt,
        manifest: dataset.manifest as unknown as DatasetManifest, // a job exists only for a ready dataset
        resumeFrom: checkpoints[0] ? checkpointView(checkpoints[0]) : null,
      };
    },

    started: (id, attempt, { engine, device, precision }) =>
      fenced(id, attempt, 'engine = $3, device = $4, precision = $5', [engine, device, precision]),

    phase: (id, attempt, phase) =>
      transaction(pool, async (client) => {
        if ((await lockAttempt(client, id, attempt)) === null) return false;
        await client.query('update jobs set phase = $2, updated_at = now() where id = $1', [id, text(phase)]);
        await appendEvents(client, id, attempt, [
          { type: 'phase', level: 'info', message: phase, data: { phase } },
        ]);
        return true;
      }),

    progress: (id, attempt, { trainSeconds, peakMemoryBytes, ...progress }) =>
      fenced(
        id,
        attempt,
        'progress = $3, train_seconds = coalesce($4, train_seconds), peak_memory_bytes = greatest($5, peak_memory_bytes)',
        [json(progress), trainSeconds, wholeBytes(peakMemoryBytes)],
      ),

    best: (id, attempt, best) => fenced(id, attempt, 'best = $3', [json(best)]),

    async cancelRequested(id, attempt) {
      const row = await first<{ cancel_mode: CancelMode | null }>(
        pool,
        `select cancel_mode from jobs where id = $1 and attempt = $2 and status in ('running', 'cancelling')`,
        [id, attempt],
      );
      if (row === null) throw new StaleAttempt(id, attempt);
      return row.cancel_mode;
    },

    finish: (id, attempt, end) =>
      transaction(pool, async (client) => {
        const from = await lockAttempt(client, id, attempt);
        if (from === null) return false;
        await moveJob(client, { id, from, to: end.status, attempt, ...outcome(end) });
        return true;
      }),

    handBack: (id, attempt, reason) =>
      transaction(pool, async (client) => {
        const from = await lockAttempt(client, id, attempt);
        if (from === null) return false;
        const to = from === 'cancelling' ? 'cancelled' : 'queued';
        await moveJob(client, { id, from, to, attempt, reason: text(reason), set: unowned });
        return true;
      }),
  };
}

/** The new attempt number, or null when the job is not to be had. */
async function take(
  client: pg.PoolClient,
  id: string,
  workerId: string,
  queue: string | null,
  lostAfterMs: number,
): Promise<number | null> {
  const job = await first<{ status: Job['status']; attempt: number; gone: boolean }>(
    client,
    `select status, attempt, ${ownerGone('jobs', 'worker_id', 'claimed_at', '$2', '$3')} as gone
     from jobs where id = $1 and status in ('queued', 'running', 'cancelling') for no key update`,
    [id, workerId, lostAfterMs],
  );
  if (job === null || (job.status !== 'queued' && !job.gone)) return null;
  const attempt = job.attempt + 1;
  await client.query(
    `update jobs set attempt = $2, worker_id = $3, claimed_at = now(), queue = coalesce($4, queue), phase = 'preparing',
       started_at = coalesce(started_at, now()), updated_at = now() where id = $1`,
    [id, attempt, workerId, queue],
  );
  const data = { workerId, attempt };
  if (job.status === 'queued') {
    await moveJob(client, { id, from: 'queued', to: 'running', attempt, data });
  } else {
    await appendEvents(client, id, attempt, [
      {
        type: 'attempt',
        level: 'warning',
        message: `attempt ${attempt} takes over: the worker before is gone`,
        data,
      },
    ]);
  }
  return attempt;
}

function outcome(end: JobEnd) {
  const { testAccuracy, trainSeconds, peakMemoryBytes } = end;
  const set = {
    phase: null,
    ...(testAccuracy === undefined ? {} : { test_accuracy: testAccuracy }),
    ...(trainSeconds === undefined ? {} : { train_seconds: trainSeconds }),
    ...(peakMemoryBytes === undefined ? {} : { peak_memory_bytes: wholeBytes(peakMemoryBytes) }),
  };
  if (end.status === 'succeeded') {
    const { stopReason } = end;
    return { set: { ...set, stop_reason: stopReason }, reason: stopReason, data: { stopReason } };
  }
  if (end.status === 'failed') {
    const { failure } = end;
    return {
      set: { ...set, failure: json(failure) },
      reason: text(failure.message),
      data: { class: failure.class, code: failure.code },
      level: 'error' as const,
    };
  }
  return { set, reason: null, data: {} };
}

const wholeBytes = (bytes: number | null): number | null => (bytes === null ? null : Math.round(bytes));
