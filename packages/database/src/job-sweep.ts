import type { Failure } from '@ravine/contracts';
import type pg from 'pg';
import { LIVE } from './fence.js';
import { moveJob, type TrainQueue } from './job-row.js';
import { ownerGone } from './owner.js';
import { first, json, text, transaction } from './sql.js';

/** What is needed to put a job into its queue again. */
export interface Undelivered {
  id: string;
  attempt: number;
  priority: number;
  queue: TrainQueue;
}

/** What the sweeper looks for, over all projects; and those who repeat a request whose first answer got lost. */
export interface JobSweep {
  /** The job, or the jobs of the group, with this id that are queued. */
  queued(project: string, id: string): Promise<Undelivered[]>;
  /** Queued jobs that nothing has happened to for that long: their delivery may be lost. */
  queuedWithoutDelivery(olderThanMs: number): Promise<Undelivered[]>;
  /** Jobs that a worker had that is gone. */
  lost(): Promise<Undelivered[]>;
  /** Jobs that a worker has claimed and not let go of, as the rows say. */
  heldBy(workerId: string): Promise<Undelivered[]>;
  /** Ends a job that no worker has begun (e.g. none can ever). False when it is not queued any more. */
  refuse(id: string, failure: Failure): Promise<boolean>;
}

const MOST = 1000;

export function createJobSweep(pool: pg.Pool, lostAfterMs: number): JobSweep {
  return {
    async queued(project, id) {
      const { rows } = await pool.query<Undelivered>(
        `select id, attempt, priority, queue from jobs
         where status = 'queued' and project = $1 and (id = $2 or group_id = $2) order by id`,
        [project, id],
      );
      return rows;
    },

    async queuedWithoutDelivery(olderThanMs) {
      const { rows } = await pool.query<Undelivered>(
        `select id, attempt, priority, queue from jobs
         where status = 'queued' and updated_at < now() - $1 * interval '1 millisecond' order by id limit ${MOST}`,
        [olderThanMs],
      );
      return rows;
    },

    async lost() {
      const { rows } = await pool.query<Undelivered>(
        `select id, attempt, priority, queue from jobs
         where ${LIVE}
           and ${ownerGone('jobs', 'worker_id', 'claimed_at', 'null::text', '$1')} order by id limit ${MOST}`,
        [lostAfterMs],
      );
      return rows;
    },

    async heldBy(workerId) {
      const { rows } = await pool.query<Undelivered>(
        `select id, attempt, priority, queue from jobs where ${LIVE} and worker_id = $1 order by id`,
        [workerId],
      );
      return rows;
    },

    refuse: (id, failure) =>
      transaction(pool, async (client) => {
        const job = await first<{ attempt: number }>(
          client,
          `select attempt from jobs where id = $1 and status = 'queued' for no key update`,
          [id],
        );
        if (job === null) return false;
        await moveJob(client, {
          id,
          from: 'queued',
          to: 'failed',
          attempt: null,
          reason: text(failure.message),
          set: { failure: json(failure) },
          data: { class: failure.class, code: failure.code },
          level: 'error',
        });
        return true;
      }),
  };
}
