import type { JobStatus, JobVerb } from '@ravine/contracts';

const PARKED_AFTER = 12;

/** What each request makes of a job, written down anew: the product's own table is what is tested. */
const ASKED: Record<JobVerb, Partial<Record<JobStatus, JobStatus>>> = {
  cancel: {
    ...{ queued: 'cancelled', paused: 'cancelled', cancelled: 'cancelled' },
    ...{ running: 'cancelling', pausing: 'cancelling', cancelling: 'cancelling' },
  },
  pause: { queued: 'paused', paused: 'paused', running: 'pausing', pausing: 'pausing' },
  resume: { paused: 'queued', queued: 'queued', pausing: 'running', running: 'running' },
};

/** What must be so, written without a look at the product's tables. */
export class JobOracle {
  status: JobStatus = 'queued';
  attempt = 0;
  /** Whether the worker of the current attempt has died. */
  dead = false;
  fruitless = 0;
  history: JobStatus[] = ['queued'];

  get live(): boolean {
    return this.status === 'running' || this.status === 'pausing' || this.status === 'cancelling';
  }
  to(status: JobStatus): void {
    this.status = status;
    this.history.push(status);
  }
  ask(verb: JobVerb): 'refused' | 'same' | 'moved' {
    const to = ASKED[verb][this.status];
    if (to === undefined) return 'refused';
    if (to === this.status) return 'same';
    if (to === 'queued') this.fruitless = 0;
    this.to(to);
    return 'moved';
  }
  /** Whether the claim gets the job. */
  claim(): boolean {
    if (this.status !== 'queued' && !(this.live && this.dead)) return false;
    if (this.status === 'pausing' || this.status === 'cancelling') {
      this.to(this.status === 'pausing' ? 'paused' : 'cancelled');
      return false;
    }
    if (this.fruitless >= PARKED_AFTER) {
      this.to('failed');
      return false;
    }
    if (this.status === 'queued') this.to('running');
    this.attempt += 1;
    this.fruitless += 1;
    this.dead = false;
    return true;
  }
  isCurrent(attempt: number): boolean {
    return this.live && attempt === this.attempt && attempt > 0;
  }
  handBack(attempt: number, failed: boolean): JobStatus | null {
    if (!this.isCurrent(attempt)) return null;
    const next = { running: 'queued', pausing: 'paused', cancelling: 'cancelled' } as const;
    const to = next[this.status as keyof typeof next];
    if (failed && to === 'queued' && this.fruitless >= PARKED_AFTER) this.to('failed');
    else {
      if (!failed) this.fruitless = 0;
      this.to(to);
    }
    return this.status;
  }
  finish(attempt: number, end: 'succeeded' | 'failed'): boolean {
    if (!this.isCurrent(attempt)) return false;
    this.to(end);
    return true;
  }
}
