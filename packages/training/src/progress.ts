import type { TrainingPosition } from './checkpoint.js';
import type { Pace } from './pace.js';
import type { TrainingProgress } from './reports.js';

/** What progress is told from. */
export interface ProgressFacts {
  position: TrainingPosition;
  epochs: number;
  stepsPerEpoch: number;
  /** The last step that the run may do. */
  lastStep: number;
  pace: Pace;
  /** How long the latest validation took. */
  validationMs: number;
  /** How long the run may still train; null: no limit. */
  leftMs: number | null;
  loss: number;
  learningRate: number;
}

/** Where a run stands, and when it will end: by its steps, or by its limit of time where that is sooner. */
export function progressOf(facts: ProgressFacts): TrainingProgress {
  const { position, epochs, lastStep, pace, loss, learningRate } = facts;
  return {
    epoch: position.epoch + 1,
    epochs,
    step: position.step,
    totalSteps: lastStep,
    loss,
    learningRate,
    imagesPerSecond: pace.imagesPerSecond(),
    etaSeconds: etaSeconds(facts),
  };
}

function etaSeconds({ position, stepsPerEpoch, lastStep, pace, validationMs, leftMs }: ProgressFacts) {
  const msPerStep = pace.msPerStep();
  if (msPerStep === null) return null;
  const steps = lastStep - position.step;
  const validations = Math.ceil(lastStep / stepsPerEpoch) - position.epoch;
  const byStepsMs = steps * msPerStep + validations * validationMs;
  const byTimeMs = leftMs === null ? Number.POSITIVE_INFINITY : Math.max(0, leftMs) + validationMs;
  return Math.min(byStepsMs, byTimeMs) / 1000;
}
