import { z } from 'zod';
import { DatasetId, GroupId, JobId } from './ids.js';
import { MaxMinutes, MaxSteps, Priority } from './job.js';
import { JobStatus, JobVerb } from './job-state.js';
import { Labels, Name } from './page.js';

const CancelMode = z.enum(['graceful', 'now']).describe('graceful keeps a checkpoint');
export type CancelMode = z.output<typeof CancelMode>;

export const CancelJob = z.strictObject({ mode: CancelMode.default('graceful') });

/** Pausing and resuming have no options yet; an empty object may be sent. */
export const NoOptions = z.strictObject({});

/** What may change while a job waits or runs; a field that is left out stays as it is. A run in progress takes new limits within about a second. */
export const UpdateJob = z
  .strictObject({
    name: Name.optional(),
    labels: Labels.optional().describe('Replaces all labels'),
    priority: Priority.optional(),
    maxMinutes: MaxMinutes.optional(),
    maxSteps: MaxSteps.optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'names nothing to change')
  .meta({ id: 'UpdateJob' });
export type UpdateJob = z.output<typeof UpdateJob>;

/** At most so many jobs are named by their ids. */
const MAX_IDS = 10_000;

/** Which jobs: all that fit every field that is given. */
export const JobSelection = z
  .strictObject({
    ids: z.array(JobId).min(1).max(MAX_IDS, `at most ${MAX_IDS}`).optional(),
    status: z.array(JobStatus).min(1).optional(),
    labels: Labels.optional().describe('Jobs that have all of these labels'),
    groupId: GroupId.optional(),
    datasetId: DatasetId.optional(),
    name: z.string().max(120).optional().describe('The whole name'),
  })
  .refine(
    (fields) => Object.keys(fields).length > 0,
    'names no field: an empty selection would be every job there is',
  );
export type JobSelection = z.output<typeof JobSelection>;

export const SteerJobs = z
  .strictObject({
    verb: JobVerb,
    mode: CancelMode.optional().describe('Of `cancel`; default graceful'),
    jobs: JobSelection,
  })
  .refine(({ verb, mode }) => mode === undefined || verb === 'cancel', {
    message: 'belongs to the verb cancel alone',
    path: ['mode'],
  })
  .meta({ id: 'SteerJobs' });
export type SteerJobs = z.output<typeof SteerJobs>;

/** Jobs that a selection finds and that the verb has nothing to do with are counted as `unchanged` and left alone. */
export const SteeredJobs = z
  .object({
    object: z.literal('steered'),
    verb: JobVerb,
    changed: z.array(JobId),
    unchanged: z.int().describe('Were there already, or cannot go there from their status'),
    missing: z.array(JobId).describe('Ids of the selection that are no jobs'),
  })
  .meta({ id: 'SteeredJobs' });
export type SteeredJobs = z.output<typeof SteeredJobs>;
