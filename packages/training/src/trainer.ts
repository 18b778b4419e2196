import { whyNotResumable } from './checkpoint-fits.js';
import { Interrupted } from './interrupted.js';
import { withSize } from './out-of-memory.js';
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
  const session = await openStages(run).catch((error: unknown) => {
    throw withSize(error, run, run.resume?.metadata.position ?? { step: 0, epoch: 0 });
  });
  const training = new Training(run, session);
  try {
    await training.start();
    const failure = await trainEpochs(training);
    if (failure !== null) {
      await training.saveIfFinite();
      return { status: 'failed', failure, trainSeconds: trainSeconds() };
    }
    return await finish(training, trainSeconds());
  } catch (error) {
    await training.saveBest().catch(() => {}); // what was reached is worth keeping; the first error is the one to tell
    throw withSize(error, run, training.position);
  } finally {
    await session.close();
  }
}

function checkResume({ resume, recipe, program, recipeHash: hash }: TrainingRun): void {
  const why = resume && whyNotResumable(resume, { recipe, program, hash });
  if (why) throw new SpecError([{ path: [], message: `the checkpoint cannot be resumed from: ${why}` }]);
}

/**
 * Why no further epoch is trained, or null. A limit of the job and the end of a range test count at the end of an epoch,
 * which they bring about early.
 */
function reasonToStop(training: Training): StopReason | null {
  const { position, run, isComplete } = training;
  const epochEnded = position.best !== null && position.partial.samples === 0;
  if (epochEnded && hasDiverged(position.rangeTest)) return 'diverged';
  if (epochEnded && isComplete) return 'completed';
  if (isStale(position, run.recipe.earlyStopping)) return 'early_stopping';
  return epochEnded ? training.limitReached() : null;
}

/** All epochs that are left; returns early when the run is interrupted. */
async function trainEpochs(training: Training): Promise<TrainingFailure | null> {
  try {
    while (reasonToStop(training) === null) {
      const failure = (await training.trainEpoch()) ?? (await training.endEpoch());
      if (failure !== null && !(await training.rollBack(failure))) return failure;
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
    await training.saveRest();
    return { status: 'stopped', step: position.step, epoch: position.epoch, trainSeconds };
  };
  const stopReason = reasonToStop(training);
  if (stopReason === null) return stopped();
  await training.saveRest(); // the evaluation names the best one
  try {
    const evaluation = await training.evaluateBest();
    if ('code' in evaluation) return { status: 'failed', failure: evaluation, trainSeconds };
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
