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
  runTraining,
  SafetensorsError,
  type TrainingOutcome,
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
  channel.onMessage((message) => {
    if (message.type === 'start') void run(message, channel, stop.signal);
    else stop.abort();
  });
}

async function run(start: TrainStart, channel: Channel<'train'>, signal: AbortSignal): Promise<void> {
  const reporter = createReporter(start, channel);
  try {
    const outcome = await trainJob(start, reporter, signal);
    await reporter.flush();
    await channel.finish(lastWordOf(outcome));
  } catch (error) {
    await reporter.flush().catch(() => {}); // what was reached is worth keeping; the first error is the one to tell
    await channel.finish({ type: 'failed', failure: failureOf(error) });
  }
}

async function trainJob(
  start: TrainStart,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<TrainingOutcome> {
  const { recipe, manifest, files } = start;
  const { engine, reason } = loadTorchEngine();
  if (!engine) throw new EngineError('engine_unavailable', reason);
  const data = await openPacked(manifest, (key) => readFile(files[key] ?? key));
  const program = compileProgram(recipe, datasetFacts(recipe.dataset, manifest), start.precision);
  const resume = await readResume(start.resumeFrom, reporter);
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
    signal,
    timeLimitMs: start.timeLimitMs,
    report: reporter.report,
    clock: () => performance.now(),
  });
}

const readFork = async ({ path, ...kept }: NonNullable<TrainStart['fork']>): Promise<Fork> => ({
  ...kept,
  checkpoint: decodeCheckpoint(await readWhole(path)),
});

/** A damaged checkpoint costs the work so far, not the job. */
async function readResume(path: string | null, reporter: Reporter): Promise<Checkpoint | null> {
  if (path === null) return null;
  try {
    return decodeCheckpoint(await readWhole(path));
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    await reporter.warn(`the last checkpoint cannot be read (${error.message}): training starts over`);
    return null;
  }
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
