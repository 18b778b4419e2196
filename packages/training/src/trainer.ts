import { hashOf } from './hash.js';
import { Interrupted } from './interrupted.js';
import type { StopReason, TrainingFailure, TrainingOutcome } from './outcome.js';
import { hasDiverged } from './range-test.js';
import { isStale } from './selection.js';
import { SpecError } from './spec-error.js';
import { openStages } from './stage-sessions.js';
import { Training } from './training.js';
import type { TrainingRun } from './training-run.js';

/**
 * Trains, validates after each epoch, stops early, and evaluates the best weights at the end. A run that was stopped
 * and resumed gives the same weights, bit for bit, as one that was not, where the engine's arithmetic is
 * deterministic. Throws EngineError on a fault of the engine, and SpecError for a checkpoint that does not fit.
 */
export async function runTraining(run: TrainingRun): Promise<TrainingOutcome> {
  checkResume(run);
  const began = run.clock();
  const trainSeconds = (): number => (run.clock() - began) / 1000;
  await run.report({ type: 'phase', phase: 'preparing' });
  const session = await openStages(run);
  try {
    const training = new Training(run, session);
    await training.start();
    const failure = await trainEpochs(training);
    if (failure !== null) {
      await training.saveIfFinite();
      return { status: 'failed', failure, trainSeconds: trainSeconds() };
    }
    return await finish(training, trainSeconds());
  } finally {
    await session.close();
  }
}

function checkResume({ resume, recipe }: TrainingRun): void {
  if (resume === null) return;
  const refuse = (message: string): never => {
    throw new SpecError([{ path: [], message }]);
  };
  if (resume.metadata.recipeHash !== hashOf(recipe))
    refuse('the checkpoint to resume from belongs to another recipe');
  if (resume.metadata.role !== 'last') refuse('only a checkpoint with role "last" can be resumed from');
}

/**
 * Why no further epoch is trained, or null. A limit of time and the end of a range test count at the end of an epoch, which
 * they bring about early.
 */
function reasonToStop(training: Training): StopReason | null {
  const { position, run } = training;
  const epochEnded = position.best !== null && position.partial.samples === 0;
  if (epochEnded && hasDiverged(position.rangeTest)) return 'diverged';
  if (position.epoch >= run.recipe.epochs) return 'completed';
  if (isStale(position, run.recipe.earlyStopping)) return 'early_stopping';
  return epochEnded && training.isOutOfTime() ? 'time_limit' : null;
}

/** All epochs that are left; returns early when the run is interrupted. */
async function trainEpochs(training: Training): Promise<TrainingFailure | null> {
  try {
    while (reasonToStop(training) === null) {
      const failure = (await training.trainEpoch()) ?? (await training.endEpoch());
      if (failure !== null) return failure;
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  }
  return null;
}

/** Final evaluation of a run that is done, or a checkpoint of one that was interrupted. */
async function finish(training: Training, trainSeconds: number): Promise<TrainingOutcome> {
  const { position } = training;
  const stopped = async (): Promise<TrainingOutcome> => {
    await training.saveIfMoved();
    return { status: 'stopped', step: position.step, epoch: position.epoch, trainSeconds };
  };
  const stopReason = reasonToStop(training);
  if (stopReason === null) return stopped();
  try {
    const evaluation = await training.evaluateBest();
    if (position.best === null) throw new Error('an epoch ended without a result');
    return {
      status: 'succeeded',
      stopReason,
      epochs: position.epoch,
      steps: position.step,
      best: position.best,
      evaluation,
      trainSeconds,
    };
  } catch (error) {
    if (error instanceof Interrupted) return stopped();
    throw error;
  }
}
