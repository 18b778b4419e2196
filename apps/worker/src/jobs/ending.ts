import type { Failure } from '@ravine/contracts';
import { type ChildExit, UNSTARTED } from '../child/exit.js';
import type { FromChild } from '../child/protocol.js';
import { exitFailure, failureOfFault } from './failure.js';
import type { Interruption } from './interruption.js';

/** What the training process said last. */
export type LastWord = Extract<FromChild<'train'>, { type: 'finished' | 'stopped' | 'unusable' | 'failed' }>;

export type Ending =
  | { kind: 'succeeded'; result: Extract<LastWord, { type: 'finished' }> }
  | { kind: 'cancelled' }
  | { kind: 'failed'; failure: Failure }
  /** To be paused, or back to the queue to go on from the last checkpoint; with the failure that made it necessary, if any. */
  | { kind: 'handed-back'; reason: string; failure: Failure | null }
  | { kind: 'abandoned' };

/** How a run ends that is interrupted before its process starts. */
export const endingBeforeStart = (interruption: Interruption): Ending =>
  endingOf({ interruption, lastWord: null, exit: NO_PROCESS, step: null });

const NO_PROCESS: ChildExit = { ...UNSTARTED, code: 0 };

export interface RunResult {
  interruption: Interruption | null;
  lastWord: LastWord | null;
  exit: ChildExit;
  /** The last step that was heard of. */
  step: number | null;
}

/** How a run ended, from what was wanted, what the process said and how it went. */
export function endingOf({ interruption, lastWord, exit, step }: RunResult): Ending {
  if (interruption?.kind === 'stale') return { kind: 'abandoned' };
  if (interruption?.kind === 'unwritable') return ofFailure(failureOfFault(interruption.error));
  if (lastWord?.type === 'finished') return { kind: 'succeeded', result: lastWord };
  if (interruption?.kind === 'cancel') return { kind: 'cancelled' };
  if ((interruption?.kind === 'hand-back' || interruption?.kind === 'pause') && lastWord?.type !== 'failed') {
    // The request may have been withdrawn since: then the job is queued again, for the same reason.
    const reason = interruption.kind === 'pause' ? 'a pause was asked for' : 'the worker shuts down';
    return { kind: 'handed-back', reason, failure: null };
  }
  return ofFailure(lastWord?.type === 'failed' ? lastWord.failure : exitFailure(exit, step));
}

/** Only faults of the infrastructure are tried again without being asked. */
export function ofFailure(failure: Failure): Ending {
  if (failure.class === 'infrastructure') return { kind: 'handed-back', reason: failure.message, failure };
  return { kind: 'failed', failure };
}
