import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Checkpoint } from '@ravine/contracts';
import { type JobClaim, StaleAttempt } from '@ravine/database';
import type { DeliveryHandler, Outcome } from '@ravine/queue';
import { StorageError } from '@ravine/storage';
import type { TrainStart } from '../child/protocol.js';
import { threadsPerJob } from '../config.js';
import { belongsElsewhere } from '../elsewhere.js';
import { createOutbox } from '../outbox.js';
import type { WorkerContext } from '../parts.js';
import { withRetry } from '../retry.js';
import { sitOut } from '../transient.js';
import { type Ending, endingBeforeStart, endingOf, ofFailure } from './ending.js';
import { datasetFailure, failureOfFault } from './failure.js';
import { createFence } from './fence.js';
import { finishJob } from './finish.js';
import { createInterruptions, describeInterruption, type Interruptions } from './interruption.js';
import { type JobLog, openJobLog } from './job-log.js';
import { watchJob } from './job-watch.js';
import { placeJob, type Wish } from './placement.js';
import { fetchCheckpoint, fetchDataset, fetchFork } from './prepare.js';
import { createRecorder } from './record.js';
import { superviseRun } from './supervise.js';

/** Pause of a delivery that another worker is to take. */
const ELSEWHERE_MS = 2_000;

/** Trains the job of a delivery, if it is still to be trained. Late and doubled deliveries find nothing to claim. */
export function createTrainHandler(kind: 'cpu' | 'cuda', context: WorkerContext): DeliveryHandler {
  const { database, running, workerId, standby, log } = context;
  return async ({ id, signal }): Promise<Outcome> => {
    if (await belongsElsewhere(kind, context)) return { retryInMs: ELSEWHERE_MS };
    if (running.has(id)) return 'done'; // a doubled delivery: the claim would go to the same worker again
    running.set(id, { device: null });
    try {
      const claim = await database.jobs.claim(id, workerId, { deviceKind: kind });
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
  const folder = await workspace.create('job');
  const interruptions = createInterruptions();
  const watch = watchJob(database, claim.job.id, claim.attempt, interruptions);
  const handBack = (): void => interruptions.raise({ kind: 'hand-back' });
  shutdown.addEventListener('abort', handBack, { once: true });
  if (shutdown.aborted) handBack();
  // Whatever the queue says (`cancel`, `lock-lost`), the row decides.
  hint.addEventListener('abort', () => void watch.look(), { once: true });
  interruptions.listen((interruption) => told.say('info', describeInterruption(interruption)));
  try {
    await watch.look(); // a job that lost its worker may have been cancelled since
    return await train(kind, claim, folder, interruptions, context, told);
  } finally {
    watch.stop();
    shutdown.removeEventListener('abort', handBack);
    await rm(folder, { recursive: true, force: true });
  }
}

async function train(
  kind: 'cpu' | 'cuda',
  claim: JobClaim,
  folder: string,
  interruptions: Interruptions,
  context: WorkerContext,
  told: JobLog,
): Promise<Ending> {
  const { database, storage, settings, engines, running, standby, log } = context;
  const { job, attempt } = claim;
  const placement = placeJob(wishOf(claim), kind, engines, (device) => runsOn(context, device));
  if ('class' in placement) return { kind: 'failed', failure: placement };
  running.set(job.id, { device: placement.device });
  const { device, precision } = placement;
  told.say(
    'info',
    `attempt ${attempt}: worker ${context.workerId} on ${hostname()}, ${device}, ${precision}`,
  );

  const prepared = await prepare(claim, folder, interruptions, context);
  if ('ending' in prepared) return prepared.ending;
  const start: TrainStart = {
    type: 'start',
    jobId: job.id,
    attempt,
    recipe: job.recipe,
    manifest: claim.manifest,
    ...prepared,
    device: placement.device,
    precision: placement.precision,
    threads: threadsPerJob(settings),
    timeLimitMs: timeLeftMs(job),
    folder,
  };

  const record = createRecorder({
    database,
    storage,
    project: claim.project,
    jobId: job.id,
    attempt,
    secondsBefore: job.trainSeconds ?? 0,
    resumeFrom: claim.resumeFrom ?? claim.fork?.checkpoint ?? null,
  });
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
  outbox.push(() =>
    createFence(
      job.id,
      attempt,
    )(database.jobs.started(job.id, attempt, { ...placement, threads: start.threads })),
  );
  const result = await superviseRun({
    start,
    standby,
    interruptions,
    record: (report, acknowledge) => outbox.push(record(report), acknowledge),
    onLine: (line, stream) => {
      log.debug({ job: job.id, line }, 'training process');
      told.output(line, stream);
    },
  });
  await outbox.flush().catch(() => {}); // what ended it was raised as an interruption
  return endingOf({ ...result, interruption: interruptions.current });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

type Prepared = Pick<TrainStart, 'files' | 'resumeFrom' | 'fork'>;

/** Brings dataset and checkpoint to this machine, unless the run ends before. */
async function prepare(
  claim: JobClaim,
  folder: string,
  interruptions: Interruptions,
  { cache, storage, database }: WorkerContext,
): Promise<Prepared | { ending: Ending }> {
  const { manifest, resumeFrom } = claim;
  const stop = new AbortController();
  const leave = interruptions.listen(() => stop.abort());
  try {
    const files = await fetchDataset(manifest, cache, stop.signal);
    const resume = resumeFrom && (await fetchCheckpoint(resumeFrom, storage, folder, stop.signal));
    stop.signal.throwIfAborted();
    if (resumeFrom && resume === null) await tellLostCheckpoint(claim, resumeFrom, database);
    const fork =
      resume === null && claim.fork ? await fetchFork(claim.fork, storage, folder, stop.signal) : null;
    if (fork && 'class' in fork) return { ending: { kind: 'failed', failure: fork } };
    return { files, resumeFrom: resume, fork };
  } catch (error) {
    if (interruptions.current) return { ending: endingBeforeStart(interruptions.current) };
    if (error instanceof StorageError && !error.retryable)
      return { ending: { kind: 'failed', failure: datasetFailure(error) } };
    throw error;
  } finally {
    leave();
  }
}

/** A run that goes on keeps its precision, whatever is fast on this device: it stays one run. */
function wishOf({ job, resumeFrom }: JobClaim): Wish {
  const earlier = resumeFrom && (job.precision as Wish['precision'] | null); // written by `started`
  return earlier ? { ...job.recipe, precision: earlier } : job.recipe;
}

async function tellLostCheckpoint(
  { job, attempt }: JobClaim,
  { id, step }: Checkpoint,
  { events }: WorkerContext['database'],
): Promise<void> {
  const message = `the checkpoint of step ${step} is missing or damaged in storage: training starts anew`;
  const event = { type: 'warning', level: 'warning' as const, message, data: { checkpointId: id, step } };
  await withRetry(() => events.append(job.id, attempt, [event]), sitOut);
}

function timeLeftMs(job: JobClaim['job']): number | null {
  if (job.maxMinutes === null) return null;
  return Math.max(0, job.maxMinutes * 60_000 - (job.trainSeconds ?? 0) * 1_000);
}

function runsOn({ running }: WorkerContext, device: string): number {
  return [...running.values()].filter((run) => run.device === device).length;
}
