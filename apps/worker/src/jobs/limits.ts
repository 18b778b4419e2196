import type { Job } from '@ravine/contracts';
import type { TrainStart } from '../child/protocol.js';

/** As the row of the job has them. */
export type JobLimits = Pick<Job, 'maxMinutes' | 'maxSteps'>;

/** In the terms of one run. */
export type RunLimits = Pick<TrainStart, 'timeLimitMs' | 'maxSteps'>;

/** The limits of a run, which the user may change while it is in progress. */
export interface Limits {
  readonly current: RunLimits;
  /** What the row says now; nobody is told of what was known. */
  change(limits: JobLimits): void;
  /** Calls `listener` for every change from now on; returns how to stop that. */
  listen(listener: (limits: RunLimits) => void): () => void;
}

/** `secondsBefore` is the time that earlier attempts have trained. */
export function createLimits(first: JobLimits, secondsBefore: number): Limits {
  const ofRun = ({ maxMinutes, maxSteps }: JobLimits): RunLimits => ({
    timeLimitMs: maxMinutes === null ? null : Math.max(0, maxMinutes * 60_000 - secondsBefore * 1_000),
    maxSteps,
  });
  let current = ofRun(first);
  const listeners = new Set<(limits: RunLimits) => void>();
  return {
    get current() {
      return current;
    },
    change(limits) {
      const next = ofRun(limits);
      if (next.timeLimitMs === current.timeLimitMs && next.maxSteps === current.maxSteps) return;
      current = next;
      for (const listener of listeners) listener(next);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
