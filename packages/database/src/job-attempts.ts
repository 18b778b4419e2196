import {
  type AttemptOutcome,
  type CancelMode,
  type Checkpoint,
  type DatasetManifest,
  type Failure,
  type ForkedState,
  type Job,
  type JobStatus,
  type LiveStatus,
  type Progress,
  type ResumePoint,
  releasedTo,
} from '@ravine/contracts';
import type pg from 'pg';
import { describeAttempt, endAttempt, resumeAttempt } from './attempt-rows.js';
import { checkpointView } from './checkpoints.js';
import { appendEvents } from './events.js';
import { LIVE, lockAttempt, StaleAttempt } from './fence.js';
import type { PrismaClient } from './generated/client.js';
import { MAX_FRUITLESS, takeJob } from './job-claim.js';
import { jobView, moveJob, type TrainQueue, unowned } from './job-row.js';
import { first, json, text, transaction } from './sql.js';

export interface JobClaim {
  job: Job;
  project: string;
  /** Where its deliveries are. */
  queue: TrainQueue;
  attempt: number;
  /** How many attempts in a row before this one ended without being asked and without a new checkpoint. */
  fruitless: number;
  manifest: DatasetManifest;
  /** What earlier attempts left to go on from, newest first. */
  checkpoints: Checkpoint[];
  /** What a fork begins with where there is none. */
  fork: (ForkedState & { checkpoint: Checkpoint }) | null;
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
   * Null when there is nothing to train: ended, or a live worker has it. A job that was to be paused or cancelled by
   * the worker that is gone is so now, and one whose attempts come to nothing again and again is failed.
   */
  claim(id: string, workerId: string, delivery?: { deviceKind?: 'cpu' | 'cuda' }): Promise<JobClaim | null>;
  started(
    id: string,
    attempt: number,
    on: { engine: string; device: string; precision: string; threads: number },
  ): Promise<boolean>;
  /** What the attempt goes on from. */
  resumed(id: string, attempt: number, point: ResumePoint): Promise<boolean>;
  phase(id: string, attempt: number, phase: string): Promise<boolean>;
  progress(
    id: string,
    attempt: number,
    progress: Progress & Pick<Job, 'peakMemoryBytes'> & { trainSeconds: number | null },
  ): Promise<boolean>;
  best(id: string, attempt: number, best: NonNullable<Job['best']>): Promise<boolean>;
  /** Later attempts compute so many images at once; `message` is the event that tells why. */
  shrinkMicroBatch(id: string, attempt: number, size: number, message: string): Promise<boolean>;
  /** What the user wants of the run by now. Throws StaleAttempt. */
  wish(id: string, attempt: number): Promise<JobWish>;
  /** Throws IllegalMove for an end that `jobTransitions` does not have, e.g. cancelled without a request. */
  finish(id: string, attempt: number, end: JobEnd): Promise<boolean>;
  /**
   * The worker lets go of the job. It answers what the job is then: queued, to go on from the last checkpoint; paused or
   * cancelled, where that was wanted; failed, where one failure after the other made it come to nothing; null when the
   * attempt is over. `failure` is what made it necessary, if anything did.
   */
  handBack(
    id: string,
    attempt: number,
    why: { reason: string; failure: Failure | null },
  ): Promise<JobStatus | null>;
}

export interface JobWish {
  status: LiveStatus;
  cancelMode: CancelMode | null;
  maxMinutes: number | null;
  maxSteps: number | null;
}

export function createJobAttempts(pool: pg.Pool, prisma: PrismaClient, lostAfterMs: number): JobAttempts {
  const fenced = async (id: string, attempt: number, columns: string, values: unknown[]) => {
    const { rowCount } = await pool.query(
      `update jobs set ${columns}, updated_at = now()
       where id = $1 and attempt = $2 and ${LIVE}`,
      [id, attempt, ...values],
    );
    return rowCount === 1;
  };
  /** Work on a job whose attempt is the current one, while its row is locked. */
  const locked = (
    id: string,
    attempt: number,
    work: (client: pg.PoolClient, from: LiveStatus) => Promise<void>,
  ): Promise<boolean> =>
    transaction(pool, async (client) => {
      const from = await lockAttempt(client, id, attempt);
      if (from === null) return false;
      await work(client, from);
      return true;
    });
  return {
    async claim(id, workerId, { deviceKind } = {}) {
      const taker = { workerId, queue: deviceKind ? (`train.${deviceKind}` as const) : null, lostAfterMs };
      const attempt = await transaction(pool, (client) => takeJob(client, id, taker));
      if (attempt === null) return null;
      const row = await prisma.job.findUniqueOrThrow({
        where: { id },
        include: {
          forkCheckpoint: true,
          dataset: { select: { manifest: true } },
          checkpoints: {
            where: { roles: { hasSome: ['last', 'previous'] } },
            orderBy: { sequence: 'desc' }, // a run that went back has older ones of later steps
          },
        },
      });
      const { dataset, checkpoints, forkCheckpoint, ...job } = row;
      return {
        job: jobView(job),
        project: job.project,
        queue: job.queue as TrainQueue, // written by `create` and by claims
        attempt,
        fruitless: job.fruitlessAttempts - 1, // the claim has counted this one
        manifest: dataset.manifest as unknown as DatasetManifest, // a job exists only for a ready dataset
        checkpoints: checkpoints.map(checkpointView),
        fork: forkCheckpoint && {
          ...(job.fork as unknown as ForkedState), // written by `create`
          checkpoint: checkpointView(forkCheckpoint),
        },
      };
    },

    started: (id, attempt, on) =>
      locked(id, attempt, async (client) => {
        const { engine, device, precision } = on;
        await describeAttempt(client, id, attempt, on);
        await client.query(
          'update jobs set engine = $2, device = $3, precision = $4, updated_at = now() where id = $1',
          [id, engine, device, precision],
        );
      }),

    resumed: (id, attempt, point) =>
      locked(id, attempt, (client) => resumeAttempt(client, id, attempt, point)),

    phase: (id, attempt, phase) =>
      locked(id, attempt, async (client) => {
        const { rowCount } = await client.query(
          'update jobs set phase = $2, updated_at = now() where id = $1 and phase is distinct from $2',
          [id, text(phase)],
        );
        if (rowCount === 0) return; // told before, by a call whose answer was lost
        await appendEvents(client, id, attempt, [
          { type: 'phase', level: 'info', message: phase, data: { phase } },
        ]);
      }),

    progress: (id, attempt, { trainSeconds, peakMemoryBytes, ...progress }) =>
      fenced(
        id,
        attempt,
        'progress = $3, train_seconds = coalesce($4, train_seconds), peak_memory_bytes = greatest($5, peak_memory_bytes)',
        [json(progress), trainSeconds, wholeBytes(peakMemoryBytes)],
      ),

    shrinkMicroBatch: (id, attempt, size, message) =>
      locked(id, attempt, async (client) => {
        await client.query('update jobs set micro_batch_size = $2, updated_at = now() where id = $1', [
          id,
          size,
        ]);
        const data = { microBatchSize: size };
        await appendEvents(client, id, attempt, [{ type: 'warning', level: 'warning', message, data }]);
      }),

    best: (id, attempt, best) => fenced(id, attempt, 'best = $3', [json(best)]),

    async wish(id, attempt) {
      const row = await first<{ [K in keyof JobWish]: JobWish[K] }>(
        pool,
        `select status, cancel_mode as "cancelMode", max_minutes as "maxMinutes", max_steps as "maxSteps" from jobs
         where id = $1 and attempt = $2 and ${LIVE}`,
        [id, attempt],
      );
      if (row === null) throw new StaleAttempt(id, attempt);
      return row;
    },

    finish: (id, attempt, end) =>
      locked(id, attempt, async (client, from) => {
        const move = outcome(end);
        await endAttempt(client, id, attempt, { outcome: end.status, reason: move.reason });
        await moveJob(client, { id, from, to: end.status, attempt, ...move });
      }),

    handBack: (id, attempt, { reason, failure }) =>
      transaction(pool, async (client) => {
        const from = await lockAttempt(client, id, attempt);
        return from === null ? null : release(client, { id, attempt, from, reason: text(reason), failure });
      }),
  };
}

interface Release {
  id: string;
  attempt: number;
  from: LiveStatus;
  reason: string;
  failure: Failure | null;
}

async function release(client: pg.PoolClient, { id, attempt, from, reason, failure }: Release) {
  const to = releasedTo[from];
  if (failure && to === 'queued' && (await isFruitless(client, id))) {
    const end = outcome({ status: 'failed', failure });
    await endAttempt(client, id, attempt, { outcome: 'failed', reason });
    await moveJob(client, { id, from, to: 'failed', attempt, ...end });
    return 'failed' as const;
  }
  const set = { ...unowned, ...(failure ? {} : { fruitless_attempts: 0 }) };
  const how: AttemptOutcome = to === 'paused' || to === 'cancelled' ? to : 'handed_back';
  await endAttempt(client, id, attempt, { outcome: how, reason });
  const event = failure
    ? { level: 'warning' as const, data: { class: failure.class, code: failure.code } }
    : {};
  await moveJob(client, { id, from, to, attempt, reason, set, ...event });
  return to;
}

async function isFruitless(client: pg.PoolClient, id: string): Promise<boolean> {
  const row = await first<{ count: number }>(
    client,
    'select fruitless_attempts as count from jobs where id = $1',
    [id],
  );
  return (row?.count ?? 0) >= MAX_FRUITLESS;
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
