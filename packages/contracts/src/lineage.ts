import { z } from 'zod';
import { Checkpoint } from './checkpoint.js';
import { CheckpointId, JobId, WorkerId } from './ids.js';
import { ForkOrigin } from './job.js';
import { Timestamp } from './page.js';

/** How a try of a job by a worker ended; `lost`: the worker was silent and another one took over. */
export const attemptOutcomes = ['succeeded', 'failed', 'cancelled', 'paused', 'handed_back', 'lost'] as const;
export const AttemptOutcome = z.enum(attemptOutcomes);
export type AttemptOutcome = z.output<typeof AttemptOutcome>;

/** Where training began that did not begin anew. */
export const ResumePoint = z.object({
  checkpointId: CheckpointId,
  step: z.int(),
  sha256: z.string(),
});
export type ResumePoint = z.output<typeof ResumePoint>;

export const Attempt = z
  .object({
    attempt: z.int(),
    workerId: WorkerId,
    engine: z.string().nullable(),
    device: z.string().nullable(),
    precision: z.string().nullable(),
    threads: z.int().nullable(),
    resumedFrom: ResumePoint.nullable().describe(
      'Null: trained from the first step on, or did not get that far',
    ),
    lastStep: z.int().nullable().describe('The last step whose loss was kept when it ended'),
    outcome: AttemptOutcome.nullable().describe('Null while it runs'),
    reason: z.string().nullable(),
    startedAt: Timestamp,
    endedAt: Timestamp.nullable(),
  })
  .meta({ id: 'Attempt' });
export type Attempt = z.output<typeof Attempt>;

/** How the weights of a job came to be. */
export const Lineage = z
  .object({
    object: z.literal('lineage'),
    jobId: JobId,
    recipeHash: z.string(),
    fork: ForkOrigin.nullable().describe('What it began with'),
    forks: z
      .array(z.object({ jobId: JobId, checkpointId: CheckpointId }))
      .describe('Jobs that began with one of its checkpoints'),
    attempts: z.array(Attempt).describe('Oldest first'),
    checkpoints: z.array(Checkpoint).describe('Those that are kept, newest first'),
  })
  .meta({ id: 'Lineage' });
export type Lineage = z.output<typeof Lineage>;
