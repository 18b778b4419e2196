/** Training may stand still for checkpoints for at most this share of the time. */
const MAX_SHARE = 0.02;
/** Epochs of small networks end many times a second; a crash costs at most this much work more. */
const EPOCH_INTERVAL_MS = 1_000;

/** When checkpoints are wanted besides those at the end of a run. */
export interface CheckpointPolicy {
  /** After every so many steps. */
  everySteps: number | null;
  /** At the first report after so many seconds. */
  everySeconds: number | null;
}

/**
 * When to take a checkpoint. What one costs is measured, and the next one waits until training has gone on for so long
 * that the cost is no more than its share. Results of a run do not depend on it.
 */
export interface CheckpointPace {
  /** How many steps to do before asking again; `msPerStep` null where nothing was measured yet. */
  stepsToNext(step: number, msPerStep: number | null): number;
  isDue(step: number): boolean;
  isDueAtEpochEnd(): boolean;
  /** Tells that one was written and how long training stood still for it. */
  took(ms: number): void;
}

export function createCheckpointPace(
  { everySteps, everySeconds }: CheckpointPolicy,
  clock: () => number,
): CheckpointPace {
  let written: number | null = null;
  let paidAt = Number.NEGATIVE_INFINITY;
  const began = clock();
  const isPaid = (): boolean => clock() >= paidAt;

  return {
    stepsToNext(step, msPerStep) {
      if (everySteps === null) return Number.POSITIVE_INFINITY;
      const wait = Math.max(0, paidAt - clock());
      const first = step + Math.max(1, msPerStep ? Math.ceil(wait / msPerStep) : 1);
      return Math.ceil(first / everySteps) * everySteps - step;
    },
    isDue(step) {
      const bySteps = everySteps !== null && step % everySteps === 0;
      const byTime = everySeconds !== null && clock() - (written ?? began) >= 1000 * everySeconds;
      return (bySteps || byTime) && isPaid();
    },
    isDueAtEpochEnd: () => (written === null || clock() - written >= EPOCH_INTERVAL_MS) && isPaid(),
    took(ms) {
      written = clock();
      paidAt = written + ms * (1 / MAX_SHARE - 1);
    },
  };
}
