import type { Finding } from './jobs.js';
import type { JobFacts } from './snapshot.js';

/**
 * Each attempt goes on from the newest checkpoint that was recorded before it and could be used, so that no more is lost
 * than what was done since; how far checkpoints lie apart is the business of their pace and its tests.
 */
export function* checkResumption({ attempts, checkpoints, status }: JobFacts): Generator<Finding> {
  for (const { attempt, outcome, resumedFrom } of attempts) {
    const newest = checkpoints.findLast((one) => one.attempt < attempt && !one.rejected);
    const trained =
      checkpoints.some((one) => one.attempt === attempt) || (status === 'succeeded' && outcome === status);
    // One that ended before it trained has lost nothing.
    if (resumedFrom === (newest?.id ?? null) || (resumedFrom === null && !trained)) continue;
    yield {
      check: 'work-lost',
      expected: `attempt ${attempt} goes on from ${nameOf(newest)}, the newest`,
      found: nameOf(checkpoints.find(({ id }) => id === resumedFrom)),
    };
  }
}

const nameOf = (checkpoint: JobFacts['checkpoints'][number] | undefined): string =>
  checkpoint ? `step ${checkpoint.step} of attempt ${checkpoint.attempt}` : 'the beginning';
