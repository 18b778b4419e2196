import { z } from 'zod';
import { ArtifactId, CheckpointId, JobId } from './ids.js';
import { Timestamp } from './page.js';

export const Checkpoint = z
  .object({
    object: z.literal('checkpoint'),
    id: CheckpointId,
    jobId: JobId,
    attempt: z.int(),
    step: z.int(),
    epoch: z.int().describe('Epochs completed'),
    roles: z
      .array(z.enum(['best', 'last', 'previous']))
      .describe('best: weights alone. last: everything to go on from. previous: an older one of the same'),
    validationLoss: z.number().nullable(),
    validationAccuracy: z.number().nullable(),
    sha256: z.string(),
    bytes: z.number(),
    createdAt: Timestamp,
    url: z.string().describe('Download; safetensors; range requests are honoured'),
  })
  .meta({ id: 'Checkpoint' });
export type Checkpoint = z.output<typeof Checkpoint>;
export const CheckpointList = z
  .object({ object: z.literal('list'), data: z.array(Checkpoint) })
  .meta({ id: 'CheckpointList' });

/** A file that a job leaves. `kind` is an open list: evaluation, predictions, recipe … */
export const Artifact = z
  .object({
    object: z.literal('artifact'),
    id: ArtifactId,
    jobId: JobId,
    kind: z.string(),
    fileName: z.string(),
    contentType: z.string(),
    sha256: z.string(),
    bytes: z.number(),
    createdAt: Timestamp,
    url: z.string(),
  })
  .meta({ id: 'Artifact' });
export type Artifact = z.output<typeof Artifact>;
export const ArtifactList = z
  .object({ object: z.literal('list'), data: z.array(Artifact) })
  .meta({ id: 'ArtifactList' });
