import type { Failure } from '@ravine/contracts';
import type { JobClaim } from '@ravine/database';
import { deliveryKey, type Outcome } from '@ravine/queue';
import type { WorkerContext } from '../parts.js';
import { withRetry } from '../retry.js';
import { untilShutdown } from '../transient.js';
import type { Ending } from './ending.js';

/** Ended from outside: there is nothing to wait for. */
const ENDED_FROM_OUTSIDE = new Set(['process_killed', 'process_frozen']);
const SOON_MS = 1_000;
const RETRY_MS = 15_000;
const MAX_RETRY_MS = 300_000;

/**
 * When a job is tried again that a failure has sent back to the queue. A disk that is full or a storage that is away stays
 * so for minutes or hours, so each attempt in a row that comes to nothing waits twice as long as the one before.
 */
export function retryMsAfter({ code }: Pick<Failure, 'code'>, fruitless: number): number {
  if (ENDED_FROM_OUTSIDE.has(code)) return SOON_MS;
  return Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** fruitless);
}

/**
 * Writes how a run ended on its row and says what becomes of the delivery. It tries until the database is back: while this
 * worker lives, nobody else would take the job. At a shutdown it gives up soon, and the job is found without a worker.
 */
export async function finishJob(claim: JobClaim, ending: Ending, context: WorkerContext): Promise<Outcome> {
  const { shutdown } = context;
  const { jobs } = context.database;
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
      return failure ? again(claim, retryMsAfter(failure, claim.fruitless), context) : 'hand-back';
    }
    case 'abandoned':
      return 'done';
  }
}

/** The next delivery has the key of the attempt, under which the sweeper would deliver too, and at once. */
async function again(
  { job: { id, priority }, queue, attempt }: JobClaim,
  delayMs: number,
  { queues, log }: WorkerContext,
): Promise<Outcome> {
  try {
    await queues.enqueue(queue, id, { priority, delayMs, dedupeKey: deliveryKey(id, attempt) });
    return 'done';
  } catch (err) {
    log.warn({ job: id, err }, 'the queue does not answer: the delivery that there is comes again');
    return { retryInMs: delayMs };
  }
}
