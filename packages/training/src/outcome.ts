import { z } from 'zod';
import type { EpochResult } from './checkpoint.js';
import type { StepStats } from './engine.js';
import type { Evaluation } from './evaluation.js';

/** A failure is data. Only numbers that stopped being finite end a run this way; faults of an engine are thrown. */
export interface TrainingFailure {
  class: 'non_finite';
  code: 'loss_not_finite' | 'gradient_not_finite' | 'validation_not_finite' | 'evaluation_not_finite';
  message: string;
  /** Step that failed, counted from 1. */
  step: number;
  retryable: false;
  evidence: Record<string, unknown>;
}

/**
 * Why a run that succeeded trained no further. `diverged`: a learning-rate range test is over, because its loss came to
 * four times the best; any other run goes on.
 */
export const StopReason = z.enum(['completed', 'early_stopping', 'time_limit', 'step_limit', 'diverged']);
export type StopReason = z.output<typeof StopReason>;

export type TrainingOutcome =
  | {
      status: 'succeeded';
      stopReason: StopReason;
      /** Epochs and steps done, those before a resume included. */
      epochs: number;
      steps: number;
      best: EpochResult;
      evaluation: Evaluation;
      /** Time of this attempt up to the final evaluation. */
      trainSeconds: number;
    }
  /** The signal was aborted or `stopAtStep` was reached; everything up to `step` is in the last checkpoint reported. */
  | { status: 'stopped'; step: number; epoch: number; trainSeconds: number }
  /** The last finite state is in the last checkpoint reported. */
  | { status: 'failed'; failure: TrainingFailure; trainSeconds: number };

const ADVICE = 'lower the learning rate, warm up for longer, or clip gradients';

/** The failure that a non-finite step is. */
export function nonFiniteStep(
  stats: StepStats,
  learningRates: Float64Array,
  firstStep: number,
): TrainingFailure {
  const last = stats.losses.length - 1;
  const step = firstStep + last + 1;
  const what = stats.nonFinite?.what ?? 'loss';
  return {
    class: 'non_finite',
    code: what === 'loss' ? 'loss_not_finite' : 'gradient_not_finite',
    message: `the ${what} of step ${step} is not a finite number; the weights before it are kept; ${ADVICE}`,
    step,
    retryable: false,
    evidence: {
      learningRate: learningRates[last],
      loss: String(stats.losses[last]),
      gradientNorm: String(stats.gradientNorms[last]),
      lossesBefore: [...stats.losses.slice(Math.max(0, last - 10), last)],
    },
  };
}

/** The failure that a non-finite validation loss is. */
export const nonFiniteValidation = (step: number, loss: number): TrainingFailure => ({
  class: 'non_finite',
  code: 'validation_not_finite',
  message: `the validation loss after step ${step} is not a finite number; ${ADVICE}`,
  step,
  retryable: false,
  evidence: { loss: String(loss) },
});

/** The failure that a final evaluation is whose loss is not finite; null for any other. */
export function nonFiniteEvaluation(step: number, evaluation: Evaluation): TrainingFailure | null {
  const { loss, testTimeAugmentation: augmented, split } = evaluation;
  const found = [loss, augmented?.loss ?? 0].find((one) => !Number.isFinite(one));
  if (found === undefined) return null;
  return {
    class: 'non_finite',
    code: 'evaluation_not_finite',
    message: `the loss of the best weights on the ${split} split is not a finite number; ${ADVICE}`,
    step,
    retryable: false,
    evidence: { loss: String(found) },
  };
}
