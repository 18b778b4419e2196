import type { Checkpoint } from '@ravine/contracts';
import type { JobClaim } from '@ravine/database';
import { StorageError } from '@ravine/storage';
import type { TrainStart } from '../child/protocol.js';
import { threadsPerJob } from '../config.js';
import type { Outbox } from '../outbox.js';
import type { WorkerContext } from '../parts.js';
import { checkpointSeconds } from './checkpoint-seconds.js';
import { type Ending, endingBeforeStart, endingOf } from './ending.js';
import { datasetFailure } from './failure.js';
import type { Interruptions } from './interruption.js';
import type { JobLog } from './job-log.js';
import type { Limits } from './limits.js';
import type { Placement } from './placement.js';
import { fetchDataset, fetchFork } from './prepare.js';
import { createRecorder } from './record.js';
import { fetchNewest, giveUp, type Resumable } from './resume.js';
import { superviseRun } from './supervise.js';

export interface RunParts {
  claim: JobClaim;
  placement: Placement;
  /** An own empty folder. */
  folder: string;
  interruptions: Interruptions;
  limits: Limits;
  outbox: Outbox;
  told: JobLog;
  context: WorkerContext;
}

/** Trains from the newest checkpoint that the training process can use, or from the beginning. */
export async function trainFromNewest(parts: RunParts): Promise<Ending> {
  const { claim, interruptions, context } = parts;
  let left = claim.checkpoints;
  for (;;) {
    const prepared = await prepare(parts, left);
    if ('ending' in prepared) return prepared.ending;
    const { resume } = prepared;
    const result = await runChild(parts, prepared);
    if (result.lastWord?.type !== 'unusable' || resume === null || interruptions.current)
      return endingOf({ ...result, interruption: interruptions.current });
    await giveUp(claim, resume.checkpoint, result.lastWord.why, resume.before.length > 0, context);
    left = resume.before;
  }
}

type Prepared = Pick<TrainStart, 'files' | 'fork'> & { resume: Resumable | null };

/** Brings dataset and checkpoint to this machine, unless the run ends before. */
async function prepare(
  { claim, folder, interruptions, context }: RunParts,
  checkpoints: Checkpoint[],
): Promise<Prepared | { ending: Ending }> {
  const { cache, storage } = context;
  const stop = new AbortController();
  const leave = interruptions.listen(() => stop.abort());
  try {
    const files = await fetchDataset(claim.manifest, cache, stop.signal);
    const resume = await fetchNewest(claim, checkpoints, context, folder, stop.signal);
    const fork =
      resume === null && claim.fork ? await fetchFork(claim.fork, storage, folder, stop.signal) : null;
    stop.signal.throwIfAborted();
    if (fork && 'class' in fork) return { ending: { kind: 'failed', failure: fork } };
    return { files, resume, fork };
  } catch (error) {
    if (interruptions.current) return { ending: endingBeforeStart(interruptions.current) };
    if (error instanceof StorageError && !error.retryable)
      return { ending: { kind: 'failed', failure: datasetFailure(error) } };
    throw error;
  } finally {
    leave();
  }
}

async function runChild(parts: RunParts, { resume, ...prepared }: Prepared) {
  const { claim, placement, folder, interruptions, limits, outbox, told, context } = parts;
  const { database, storage, settings, standby, log } = context;
  const { job, attempt } = claim;
  const { everySteps, everySeconds } = job.checkpoints;
  const start: TrainStart = {
    type: 'start',
    jobId: job.id,
    attempt,
    recipe: job.recipe,
    recipeHash: job.recipeHash,
    manifest: claim.manifest,
    ...prepared,
    resumeFrom: resume?.path ?? null,
    device: placement.device,
    precision: placement.precision,
    threads: threadsPerJob(settings),
    ...limits.current,
    checkpoints: { everySteps, everySeconds: checkpointSeconds(everySeconds, claim.fruitless) },
    microBatchSize: job.microBatchSize,
    folder,
  };
  const record = createRecorder({
    database,
    storage,
    project: claim.project,
    jobId: job.id,
    attempt,
    secondsBefore: job.trainSeconds ?? 0,
    resumeFrom: resume?.checkpoint ?? claim.fork?.checkpoint ?? null,
  });
  const result = await superviseRun({
    start,
    standby,
    interruptions,
    limits,
    record: (report, acknowledge) => outbox.push(record(report), acknowledge),
    onLine: (line, stream) => {
      log.debug({ job: job.id, line }, 'training process');
      told.output(line, stream);
    },
  });
  await outbox.flush().catch(() => {}); // what ended it was raised as an interruption
  return result;
}
