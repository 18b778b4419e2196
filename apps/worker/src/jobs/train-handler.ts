import { hostname } from 'node:os';
import { type JobClaim, StaleAttempt } from '@ravine/database';
import type { DeliveryHandler, Outcome } from '@ravine/queue';
import { threadsPerJob } from '../config.js';
import { createOutbox } from '../outbox.js';
import type { WorkerContext } from '../parts.js';
import { withRetry } from '../retry.js';
import { sitOut, untilShutdown } from '../transient.js';
import { type Ending, ofFailure } from './ending.js';
import { failureOfFault } from './failure.js';
import { createFence } from './fence.js';
import { finishJob } from './finish.js';
import { createInterruptions, describeInterruption } from './interruption.js';
import { type JobLog, openJobLog } from './job-log.js';
import { watchJob } from './job-watch.js';
import { createLimits } from './limits.js';
import { placeJob, type Wish } from './placement.js';
import { type RunParts, trainFromNewest } from './run.js';
import { orSmallerBatch } from './smaller-batch.js';

/** Trains the job of a delivery, if it is still to be trained. Late and doubled deliveries find nothing to claim. */
export function createTrainHandler(kind: 'cpu' | 'cuda', context: WorkerContext): DeliveryHandler {
  const { database, running, workerId, shutdown, standby, log } = context;
  return async ({ id, signal }): Promise<Outcome> => {
    if (running.has(id)) return 'done'; // a doubled delivery: the claim would go to the same worker again
    running.set(id, { device: null });
    try {
      const claimed = () => database.jobs.claim(id, workerId, { deviceKind: kind });
      const claim = await withRetry(claimed, untilShutdown(shutdown));
      if (!claim) return 'done';
      log.info({ job: id, attempt: claim.attempt }, 'job started');
      const told = openJobLog(claim, context);
      const ending = await runAttempt(kind, claim, signal, context, told).catch((err: unknown): Ending => {
        log.error({ job: id, err }, 'a job could not be run');
        return ofFailure(failureOfFault(err));
      });
      log.info({ job: id, attempt: claim.attempt, ending: ending.kind }, 'job ended here');
      await told.close();
      return await finishJob(claim, ending, context);
    } finally {
      running.delete(id);
      if (running.size === 0) standby.refill();
    }
  };
}

async function runAttempt(
  kind: 'cpu' | 'cuda',
  claim: JobClaim,
  hint: AbortSignal,
  context: WorkerContext,
  told: JobLog,
): Promise<Ending> {
  const { database, workspace, shutdown } = context;
  const { job, attempt } = claim;
  const interruptions = createInterruptions();
  const limits = createLimits(job, job.trainSeconds ?? 0);
  const watch = watchJob(database, job.id, attempt, { interruptions, limits });
  const handBack = (): void => interruptions.raise({ kind: 'hand-back' });
  shutdown.addEventListener('abort', handBack, { once: true });
  if (shutdown.aborted) handBack();
  // Whatever the queue says (`cancel`, `lock-lost`), the row decides.
  hint.addEventListener('abort', () => void watch.look(), { once: true });
  interruptions.listen((interruption) => told.say('info', describeInterruption(interruption)));
  const parts = { claim, interruptions, limits, told, context };
  try {
    await watch.look(); // a job that lost its worker may have been cancelled since
    return await workspace.lend('job', (folder) => train(kind, { ...parts, folder }));
  } finally {
    watch.stop();
    shutdown.removeEventListener('abort', handBack);
  }
}

async function train(kind: 'cpu' | 'cuda', parts: Omit<RunParts, 'placement' | 'outbox'>): Promise<Ending> {
  const { claim, interruptions, told, context } = parts;
  const { database, engines, running, log } = context;
  const { job, attempt } = claim;
  const placement = placeJob(wishOf(claim), kind, engines, (device) => runsOn(context, device));
  if ('class' in placement) return { kind: 'failed', failure: placement };
  running.set(job.id, { device: placement.device });
  const { device, precision } = placement;
  told.say(
    'info',
    `attempt ${attempt}: worker ${context.workerId} on ${hostname()}, ${device}, ${precision}`,
  );
  const outbox = createOutbox({
    attempt: (write) =>
      withRetry(write, {
        ...sitOut,
        onRetry: (err, attempts) => {
          log.warn({ job: job.id, attempts, err }, 'a write of a job is repeated');
          told.say('warning', `a result cannot be written yet and is tried again: ${messageOf(err)}`);
        },
      }),
    onFailure: (error) =>
      interruptions.raise(error instanceof StaleAttempt ? { kind: 'stale' } : { kind: 'unwritable', error }),
  });
  const fenced = createFence(job.id, attempt);
  const threads = threadsPerJob(context.settings);
  outbox.push(() => fenced(database.jobs.started(job.id, attempt, { ...placement, threads })));
  const ending = await trainFromNewest({ ...parts, placement, outbox });
  return orSmallerBatch(ending, claim, database);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A run that goes on keeps its precision, whatever is fast on this device: it stays one run. */
function wishOf({ job, checkpoints }: JobClaim): Wish {
  const earlier = checkpoints.length > 0 && (job.precision as Wish['precision'] | null); // written by `started`
  return earlier ? { ...job.recipe, precision: earlier } : job.recipe;
}

function runsOn({ running }: WorkerContext, device: string): number {
  return [...running.values()].filter((run) => run.device === device).length;
}
