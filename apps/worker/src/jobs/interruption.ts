/** Why this worker wants a run to end before its time. */
export type Interruption =
  /** This worker shuts down: somebody else goes on from the checkpoint. */
  | { kind: 'hand-back' }
  /** The user pauses the job. */
  | { kind: 'pause' }
  /** The user cancels; `now` does not wait long for a checkpoint. */
  | { kind: 'cancel'; now: boolean }
  /** Results cannot be written any more. */
  | { kind: 'unwritable'; error: unknown }
  /** A newer attempt exists or the row is gone: nothing may be written any more. */
  | { kind: 'stale' };

const rank: Record<Interruption['kind'], number> = {
  'hand-back': 0,
  pause: 1,
  cancel: 2,
  unwritable: 3,
  stale: 4,
};

/** How long a run may take to write its checkpoint after it was told to stop. */
export function graceMsOf(interruption: Interruption): number {
  switch (interruption.kind) {
    case 'hand-back':
      return 15_000;
    case 'pause':
      return 60_000;
    case 'cancel':
      return interruption.now ? 2_000 : 60_000;
    case 'unwritable':
    case 'stale':
      return 0;
  }
}

/** What the log of the job says of it. */
export function describeInterruption(interruption: Interruption): string {
  switch (interruption.kind) {
    case 'hand-back':
      return 'the worker shuts down: the run stops with a checkpoint and goes back to the queue';
    case 'pause':
      return 'asked to pause: the run stops with a checkpoint';
    case 'cancel':
      return `asked to cancel${interruption.now ? ' now' : ': the run stops with a checkpoint'}`;
    case 'unwritable':
      return 'results cannot be written any more: the run is stopped';
    case 'stale':
      return 'another attempt has the job or it is gone: this run is stopped';
  }
}

/** Collects interruptions of one run; the weightiest says how it ends. */
export interface Interruptions {
  readonly current: Interruption | null;
  raise(interruption: Interruption): void;
  /** Calls `listener` for what was raised and for all that will be; returns how to stop that. */
  listen(listener: (interruption: Interruption) => void): () => void;
}

const isSame = (a: Interruption, b: Interruption | null): boolean =>
  a.kind === b?.kind && (a.kind !== 'cancel' || b.kind !== 'cancel' || a.now === b.now);

export function createInterruptions(): Interruptions {
  let current: Interruption | null = null;
  const listeners = new Set<(interruption: Interruption) => void>();
  return {
    get current() {
      return current;
    },
    raise(interruption) {
      if (isSame(interruption, current)) return; // whoever watches says it again and again
      if (!current || rank[interruption.kind] >= rank[current.kind]) current = interruption;
      for (const listener of listeners) listener(interruption);
    },
    listen(listener) {
      if (current) listener(current);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
