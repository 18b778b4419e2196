import { readFile } from 'node:fs/promises';
import { datasetFacts } from '@ravine/contracts';
import { openPacked } from '@ravine/datasets';
import { loadTorchEngine } from '@ravine/engine-torch';
import {
  type Checkpoint,
  compileProgram,
  decodeCheckpoint,
  EngineError,
  type Fork,
  type Program,
  type RunLimits,
  runTraining,
  SafetensorsError,
  type TrainingOutcome,
  type TrainingRun,
  whyNotResumable,
} from '@ravine/training';
import { type Channel, openChannel } from './channel.js';
import { failureOf } from './failure.js';
import { peakMemoryBytes } from './peak-memory.js';
import type { FromChild, TrainStart } from './protocol.js';
import { readWhole } from './read-whole.js';
import { createReporter, type Reporter } from './reporter.js';

/** Runs one job: this process owns the engine, and the parent owns the rows. */
export async function train(): Promise<void> {
  const channel = openChannel('train');
  loadTorchEngine(); // at once: a process may wait for its job, and then need not load anything
  const stop = new AbortController();
  let limits: RunLimits = {};
  channel.onMessage((message) => {
    if (message.type === 'start') {
      limits = message;
      void run(message, channel, { signal: stop.signal, limits: () => limits });
    } else if (message.type === 'limits') limits = message;
    else if (message.type === 'stop') stop.abort();
  });
}

/** What may be said to a run in progress. */
type Steering = Pick<TrainingRun, 'signal' | 'limits'>;

async function run(start: TrainStart, channel: Channel<'train'>, steering: Steering): Promise<void> {
  const reporter = createReporter(start, channel);
  try {
    const outcome = await trainJob(start, reporter, steering);
    await reporter.flush();
    await channel.finish(lastWordOf(outcome));
  } catch (error) {
    if (error instanceof Unusable) await channel.finish({ type: 'unusable', why: error.message });
    await reporter.flush().catch(() => {}); // what was reached is worth keeping; the first error is the one to tell
    await channel.finish({ type: 'failed', failure: failureOf(error) });
  }
}

async function trainJob(start: TrainStart, reporter: Reporter, steering: Steering): Promise<TrainingOutcome> {
  const { recipe, manifest, files } = start;
  const { engine, reason } = loadTorchEngine();
  if (!engine) throw new EngineError('engine_unavailable', reason);
  const data = await openPacked(manifest, (key) => readFile(files[key] ?? key));
  const microBatchSize = start.microBatchSize ?? recipe.microBatchSize;
  const program = compileProgram(
    { ...recipe, microBatchSize },
    datasetFacts(recipe.dataset, manifest),
    start.precision,
  );
  const resume = start.resumeFrom === null ? null : await readResume(start.resumeFrom, { ...start, program });
  if (resume) await tellOtherBuild(resume, engine.describe().build, reporter);
  const fork = resume === null && start.fork ? await readFork(start.fork) : null;
  await reporter.ready(program, resume ?? (fork?.keep === 'state' ? fork.checkpoint : null));
  return runTraining({
    engine,
    recipe,
    program,
    data,
    device: start.device,
    threads: start.threads,
    resume,
    fork,
    ...steering,
    recipeHash: start.recipeHash,
    checkpoints: start.checkpoints,
    evaluationBatch: start.microBatchSize,
    report: reporter.report,
    clock: () => performance.now(),
  });
}

const readFork = async ({ path, ...kept }: NonNullable<TrainStart['fork']>): Promise<Fork> => ({
  ...kept,
  checkpoint: decodeCheckpoint(await readWhole(path)),
});

/** The checkpoint to go on from cannot be used, and why. */
class Unusable extends Error {}

/** Throws Unusable. */
async function readResume(
  path: string,
  { recipe, recipeHash: hash, program }: Pick<TrainStart, 'recipe' | 'recipeHash'> & { program: Program },
): Promise<Checkpoint> {
  try {
    const checkpoint = decodeCheckpoint(await readWhole(path));
    const why = whyNotResumable(checkpoint, { recipe, program, hash });
    if (why !== null) throw new Unusable(why);
    return checkpoint;
  } catch (error) {
    if (error instanceof SafetensorsError) throw new Unusable(error.message);
    throw error;
  }
}

async function tellOtherBuild({ metadata }: Checkpoint, build: string, reporter: Reporter): Promise<void> {
  if (metadata.build === build) return;
  const before = metadata.build ?? 'a version that did not write its name down';
  await reporter.warn(
    `the run began under another build of the engine (${before}; now ${build}): it goes on, but its results may differ in the last bits from those of an undisturbed run`,
  );
}

function lastWordOf(outcome: TrainingOutcome): FromChild<'train'> {
  switch (outcome.status) {
    case 'succeeded':
      return {
        type: 'finished',
        stopReason: outcome.stopReason,
        testAccuracy: outcome.evaluation.accuracy,
        trainSeconds: outcome.trainSeconds,
        peakMemoryBytes: peakMemoryBytes(),
      };
    case 'stopped':
      return { type: 'stopped', step: outcome.step };
    case 'failed':
      return { type: 'failed', failure: outcome.failure };
  }
}
