import { z } from 'zod';

export const jobStatuses = [
  'queued',
  'running',
  'pausing',
  'paused',
  'cancelling',
  'succeeded',
  'failed',
  'cancelled',
] as const;
export const JobStatus = z.enum(jobStatuses).describe('A closed set');
export type JobStatus = z.output<typeof JobStatus>;

const TERMINAL: readonly JobStatus[] = ['succeeded', 'failed', 'cancelled'];
/** Whether nothing can change the status any more. */
export const isTerminal = (status: JobStatus): boolean => TERMINAL.includes(status);

/** While a worker has the job. */
export const liveStatuses = ['running', 'pausing', 'cancelling'] as const satisfies readonly JobStatus[];
export type LiveStatus = (typeof liveStatuses)[number];

/** Which statuses may follow which. */
export const jobTransitions: Record<JobStatus, readonly JobStatus[]> = {
  queued: ['running', 'paused', 'cancelled', 'failed'],
  running: ['queued', 'pausing', 'cancelling', 'succeeded', 'failed'],
  pausing: ['running', 'paused', 'cancelling', 'succeeded', 'failed'],
  paused: ['queued', 'cancelled'],
  cancelling: ['cancelled', 'succeeded', 'failed'],
  succeeded: [],
  failed: [],
  cancelled: [],
};

/** What becomes of a job whose worker lets go of it without an end. */
export const releasedTo: Record<LiveStatus, JobStatus> = {
  running: 'queued',
  pausing: 'paused',
  cancelling: 'cancelled',
};

export const jobVerbs = ['cancel', 'pause', 'resume'] as const;
export const JobVerb = z.enum(jobVerbs);
export type JobVerb = z.output<typeof JobVerb>;

/**
 * Where a verb takes a job from each status. The same status: it is there already and nothing changes. None: the verb is
 * refused. A pause that is withdrawn before the worker has stopped leads back to `running`.
 */
export const verbMoves: Record<JobVerb, Partial<Record<JobStatus, JobStatus>>> = {
  cancel: {
    queued: 'cancelled',
    running: 'cancelling',
    pausing: 'cancelling',
    paused: 'cancelled',
    cancelling: 'cancelling',
    cancelled: 'cancelled',
  },
  pause: { queued: 'paused', running: 'pausing', pausing: 'pausing', paused: 'paused' },
  resume: { queued: 'queued', running: 'running', pausing: 'running', paused: 'queued' },
};

/** The verbs that change something in this status; `fork` is possible in all. */
export const verbsFrom = (status: JobStatus): (JobVerb | 'fork')[] => [
  ...jobVerbs.filter((verb) => (verbMoves[verb][status] ?? status) !== status),
  'fork',
];
