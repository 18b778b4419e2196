import type { StopReason } from './outcome.js';
import type { TrainingRun } from './training-run.js';

/** The limits of a run, which may change while it is in progress, against its clock. */
export class LimitWatch {
  private readonly began: number;

  /** The run begins now. */
  constructor(private readonly run: Pick<TrainingRun, 'limits' | 'clock'>) {
    this.began = run.clock();
  }

  /** Infinite where there is no limit. */
  maxSteps(): number {
    return this.run.limits?.().maxSteps ?? Number.POSITIVE_INFINITY;
  }

  /** Null where there is no limit of time. */
  leftMs(): number | null {
    const limit = this.run.limits?.().timeLimitMs ?? null;
    return limit === null ? null : limit - (this.run.clock() - this.began);
  }

  /** The limit that ends the training after so many steps, if one does. */
  reached(step: number): Extract<StopReason, 'time_limit' | 'step_limit'> | null {
    if (step >= this.maxSteps()) return 'step_limit';
    const left = this.leftMs();
    return left !== null && left <= 0 ? 'time_limit' : null;
  }
}
