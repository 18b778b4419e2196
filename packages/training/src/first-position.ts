import type { TrainingPosition } from './checkpoint.js';
import { forkedPosition } from './fork.js';
import { NO_LOSSES } from './range-test.js';
import type { TrainingRun } from './training-run.js';

/** Sums over no step. */
export const NO_STEPS: TrainingPosition['partial'] = { samples: 0, lossSum: 0, correct: 0 };

const START: TrainingPosition = {
  step: 0,
  epoch: 0,
  partial: NO_STEPS,
  best: null,
  staleEpochs: 0,
  schedule: {},
  rangeTest: NO_LOSSES,
  recovery: null,
};

/** Where a run begins that is not resumed. */
export function firstPosition({ fork, recipe }: TrainingRun): TrainingPosition {
  const begun = (fork && forkedPosition(fork)) ?? START;
  const from = begun.recovery?.from ?? begun.step;
  return { ...begun, recovery: recipe.recovery.nonFinite && { rollbacks: 0, from } };
}
