import type { EpochResult, TrainingPosition } from './checkpoint.js';
import type { EarlyStopping } from './run-options.js';

/**
 * Whether an epoch is the best so far: better than the best by more than `minimumImprovement` in early stopping's
 * metric; without early stopping, higher validation accuracy. The earlier of two equals wins.
 */
function isBetter(
  result: EpochResult,
  best: EpochResult | null,
  earlyStopping: EarlyStopping | null,
): boolean {
  if (best === null) return true;
  const { metric, minimumImprovement } = earlyStopping ?? {
    metric: 'validation.accuracy',
    minimumImprovement: 0,
  };
  const gain =
    metric === 'validation.loss'
      ? best.validationLoss - result.validationLoss
      : result.validationAccuracy - best.validationAccuracy;
  return gain > minimumImprovement;
}

/** The position after an epoch has been validated. */
export function afterEpoch(
  position: TrainingPosition,
  result: EpochResult,
  earlyStopping: EarlyStopping | null,
): TrainingPosition {
  const better = isBetter(result, position.best, earlyStopping);
  return {
    ...position,
    epoch: result.epoch,
    partial: { samples: 0, lossSum: 0, correct: 0 },
    best: better ? result : position.best,
    staleEpochs: better ? 0 : position.staleEpochs + 1,
    recovery: position.recovery && { ...position.recovery, from: position.step },
  };
}

/** Whether patience has run out. */
export const isStale = (position: TrainingPosition, earlyStopping: EarlyStopping | null): boolean =>
  earlyStopping !== null && position.staleEpochs >= earlyStopping.patience;
