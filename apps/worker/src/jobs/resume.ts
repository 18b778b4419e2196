import type { Checkpoint } from '@ravine/contracts';
import type { JobClaim } from '@ravine/database';
import type { WorkerContext } from '../parts.js';
import { withRetry } from '../retry.js';
import { sitOut } from '../transient.js';
import { fetchCheckpoint } from './prepare.js';

type Parts = Pick<WorkerContext, 'database' | 'storage'>;

/** A checkpoint to go on from, with a local copy whose digest is right, and those before it. */
export interface Resumable {
  checkpoint: Checkpoint;
  path: string;
  before: Checkpoint[];
}

/** The newest of the checkpoints that is whole; those that are not are told of and given up. Null when there is none. */
export async function fetchNewest(
  claim: JobClaim,
  [checkpoint, ...before]: Checkpoint[],
  parts: Parts,
  folder: string,
  signal: AbortSignal,
): Promise<Resumable | null> {
  if (checkpoint === undefined) return null;
  const path = await fetchCheckpoint(checkpoint, parts.storage, folder, signal);
  if (path !== null) return { checkpoint, path, before };
  signal.throwIfAborted();
  await giveUp(claim, checkpoint, 'its file is missing or damaged in storage', before.length > 0, parts);
  return fetchNewest(claim, before, parts, folder, signal);
}

/** Tells that a checkpoint cannot be used, and keeps nobody from deleting it. Throws StaleAttempt. */
export async function giveUp(
  { job, attempt, fork }: JobClaim,
  { id, step }: Checkpoint,
  why: string,
  hasMore: boolean,
  { database, storage }: Parts,
): Promise<void> {
  const instead = hasMore
    ? 'the one before it is taken'
    : fork
      ? 'there is no other, so training begins again with the checkpoint that it was forked from'
      : 'there is no other, so training starts anew from the first step';
  const message = `the checkpoint ${id} of step ${step} cannot be used: ${why}; ${instead}`;
  const level = hasMore ? ('warning' as const) : ('error' as const);
  const event = { type: 'checkpoint_rejected', level, message, data: { checkpointId: id, step, why } };
  await withRetry(() => database.events.append(job.id, attempt, [event]), sitOut);
  const { superseded } = await withRetry(() => database.checkpoints.discard(job.id, attempt, id), sitOut);
  await withRetry(() => database.deleteUnnamed(superseded, (key) => storage.delete(key)), sitOut);
}
