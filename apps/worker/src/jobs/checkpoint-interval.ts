import type { JobCheckpoints } from '@ravine/contracts';

const LEAST_SECONDS = 1;

/**
 * How often this attempt takes checkpoints: as the job asks, and after each attempt in a row that was lost without a new
 * one (`fruitless`) twice as often. A job whose machines go away more often than its checkpoints come would otherwise
 * never end; the share of the time that checkpoints may take stays as it is.
 */
export function checkpointInterval(
  { everySteps, everySeconds }: Pick<JobCheckpoints, 'everySteps' | 'everySeconds'>,
  fruitless: number,
): Pick<JobCheckpoints, 'everySteps' | 'everySeconds'> {
  if (everySeconds === null || fruitless === 0) return { everySteps, everySeconds };
  return { everySteps, everySeconds: Math.max(LEAST_SECONDS, everySeconds / 2 ** fruitless) };
}
