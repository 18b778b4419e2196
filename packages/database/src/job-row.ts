import {
  type ForkedState,
  type ForkOrigin,
  isTerminal,
  type Job,
  type JobStatus,
  jobTransitions,
} from '@ravine/contracts';
import type pg from 'pg';
import { appendToEach } from './events.js';
import type { Job as JobRow } from './generated/client.js';

export type TrainQueue = 'train.cpu' | 'train.cuda';

/** What a job begins with, and what of its state it keeps. */
export type Fork = ForkOrigin & ForkedState;

export function jobView(row: JobRow): Job {
  const status = row.status as JobStatus;
  return {
    object: 'job',
    id: row.id,
    name: row.name,
    status,
    terminal: isTerminal(status),
    phase: row.phase,
    stopReason: row.stopReason as Job['stopReason'],
    failure: row.failure as Job['failure'],
    groupId: row.groupId,
    fork: originOf(row),
    datasetId: row.datasetId,
    recipe: row.recipe as unknown as Job['recipe'], // written by `create` from a resolved recipe
    recipeHash: row.recipeHash,
    labels: row.labels as Job['labels'],
    priority: row.priority,
    maxMinutes: row.maxMinutes,
    maxSteps: row.maxSteps,
    checkpoints: row.checkpointPolicy as Job['checkpoints'],
    microBatchSize: row.microBatchSize,
    attempt: row.attempt,
    workerId: row.workerId,
    engine: row.engine,
    device: row.device,
    precision: row.precision,
    progress: row.progress as Job['progress'],
    best: row.best as Job['best'],
    testAccuracy: row.testAccuracy,
    trainSeconds: row.trainSeconds,
    peakMemoryBytes: row.peakMemoryBytes === null ? null : Number(row.peakMemoryBytes),
    transitions: row.transitions as Job['transitions'],
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    updatedAt: row.updatedAt.toISOString(),
  };
}

export function originOf({ fork }: Pick<JobRow, 'fork'>): Job['fork'] {
  if (fork === null) return null;
  const { jobId, checkpointId, step, keep } = fork as unknown as Fork; // written by `create`
  return { jobId, checkpointId, step, keep };
}

/** One element of `transitions`, from the SQL of its parts. */
export const TRANSITION = (from: string, to: string, reason: string): string =>
  `jsonb_build_array(jsonb_build_object('from', ${from}, 'to', ${to}, 'reason', ${reason},
     'at', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))`;

export interface Move {
  from: JobStatus;
  to: JobStatus;
  /** Attempt that the event is written under. */
  attempt: number | null;
  reason?: string | null;
  /** More columns that change with the status; names come from the code. */
  set?: Record<string, unknown>;
  /** What the status event says besides. */
  data?: Record<string, unknown>;
  level?: 'info' | 'warning' | 'error';
}

/** Moves a job whose row this transaction has locked: status, transition list, end time and event together. */
export const moveJob = (client: pg.PoolClient, { id, ...move }: Move & { id: string }): Promise<void> =>
  moveJobs(client, [id], move);

/** The same for several jobs that go the same way. */
export async function moveJobs(client: pg.PoolClient, ids: readonly string[], move: Move): Promise<void> {
  const { from, to, attempt, reason = null, set = {}, data = {}, level = 'info' } = move;
  if (!jobTransitions[from].includes(to)) throw new IllegalMove(ids.join(', '), from, to);
  const columns = Object.keys(set);
  const more = columns.map((column, index) => `, ${column} = $${index + 4}`).join('');
  await client.query(
    `update jobs set status = $2, updated_at = now(), transitions = transitions || ${TRANSITION('status', '$2::text', '$3::text')},
       ended_at = ${isTerminal(to) ? 'now()' : 'null'}${more}
     where id = any($1)`,
    [ids, to, reason, ...Object.values(set)],
  );
  const message = reason === null ? to : `${to}: ${reason}`;
  await appendToEach(client, ids, attempt, [
    { type: 'status', level, message, data: { from, to, reason, ...data } },
  ]);
}

/** A caller asked for a way that `jobTransitions` does not have. */
export class IllegalMove extends Error {
  constructor(id: string, from: JobStatus, to: JobStatus) {
    super(`${id} is ${from}; it cannot become ${to}`);
    this.name = 'IllegalMove';
  }
}

/** Columns that are empty whenever no worker has the job. */
export const unowned = { worker_id: null, claimed_at: null, phase: null };
