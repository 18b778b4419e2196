import { datasetFacts, type Failure } from '@ravine/contracts';
import type { Database, JobClaim } from '@ravine/database';
import { microBatchOf, smallerMicroBatch } from '@ravine/training';
import { withRetry } from '../retry.js';
import { sitOut } from '../transient.js';
import type { Ending } from './ending.js';
import { createFence } from './fence.js';

/**
 * What becomes of a run whose memory ran out: back to the queue with half the images at once, where the recipe lets it and
 * the network can do with so few; else it fails, with the size that did not fit. Other endings stay as they are.
 */
export async function orSmallerBatch(
  ending: Ending,
  { job, attempt, manifest }: JobClaim,
  { jobs }: Pick<Database, 'jobs'>,
): Promise<Ending> {
  if (ending.kind !== 'failed' || ending.failure.class !== 'out_of_memory') return ending;
  const { recipe } = job;
  const size = microBatchOf(recipe, job.microBatchSize);
  const smaller = smallerMicroBatch(recipe, size, datasetFacts(job.datasetId, manifest));
  if (smaller === null) return { kind: 'failed', failure: withSize(ending.failure, recipe.batchSize, size) };
  const reason = `memory ran out with ${size} images at once: the job goes on with ${smaller}, and the same batch size of ${recipe.batchSize}`;
  const fenced = createFence(job.id, attempt);
  await withRetry(() => fenced(jobs.shrinkMicroBatch(job.id, attempt, smaller, reason)), sitOut);
  return { kind: 'handed-back', reason, failure: null };
}

/** A process that the kernel ended could not say how large its batches were. */
const withSize = (failure: Failure, batchSize: number, microBatchSize: number): Failure => ({
  ...failure,
  evidence: { batchSize, microBatchSize, ...failure.evidence },
});
