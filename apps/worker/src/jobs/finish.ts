import type { JobClaim } from '@ravine/database';
import type { Outcome } from '@ravine/queue';
import type { WorkerContext } from '../parts.js';
import { withRetry } from '../retry.js';
import { untilShutdown } from '../transient.js';
import type { Ending } from './ending.js';

const RETRY_MS = 15_000;

/**
 * Writes how a run ended on its row and says what becomes of the delivery. It tries until the database is back: while this
 * worker lives, nobody else would take the job. At a shutdown it gives up soon, and the job is found without a worker.
 */
export async function finishJob(
  claim: JobClaim,
  ending: Ending,
  { database: { jobs }, shutdown }: WorkerContext,
): Promise<Outcome> {
  const { job, attempt } = claim;
  const write = <T>(work: () => Promise<T>): Promise<T> => withRetry(work, untilShutdown(shutdown));
  switch (ending.kind) {
    case 'succeeded': {
      const { stopReason, testAccuracy, trainSeconds, peakMemoryBytes } = ending.result;
      const seconds = (job.trainSeconds ?? 0) + trainSeconds;
      await write(() =>
        jobs.finish(job.id, attempt, {
          status: 'succeeded',
          stopReason,
          testAccuracy,
          trainSeconds: seconds,
          peakMemoryBytes,
        }),
      );
      return 'done';
    }
    case 'cancelled':
      await write(() => jobs.finish(job.id, attempt, { status: 'cancelled' }));
      return 'done';
    case 'failed':
      await write(() => jobs.finish(job.id, attempt, { status: 'failed', failure: ending.failure }));
      return 'done';
    case 'handed-back': {
      const { reason, failure } = ending;
      const status = await write(() => jobs.handBack(job.id, attempt, { reason, failure }));
      if (status !== 'queued') return 'done';
      return failure ? { retryInMs: RETRY_MS } : 'hand-back';
    }
    case 'abandoned':
      return 'done';
  }
}
