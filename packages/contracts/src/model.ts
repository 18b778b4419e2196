import { z } from 'zod';
import { Fit } from './dataset.js';
import { CheckpointId, JobId, ModelId } from './ids.js';
import { wholeNumber } from './number.js';
import { Labels, Name, PageQuery, pageOf, Timestamp } from './page.js';

/** A model is an exported checkpoint. Name either the checkpoint or a job (then its best checkpoint). */
export const CreateModel = z
  .strictObject({
    name: Name.optional(),
    checkpointId: CheckpointId.optional(),
    jobId: JobId.optional(),
    labels: Labels.default({}),
  })
  .refine((body) => (body.checkpointId === undefined) !== (body.jobId === undefined), {
    message: 'give exactly one of checkpointId and jobId',
    path: ['checkpointId'],
  })
  .meta({ id: 'CreateModel' });
export type CreateModel = z.output<typeof CreateModel>;

export const Model = z
  .object({
    object: z.literal('model'),
    id: ModelId,
    name: z.string(),
    jobId: JobId,
    checkpointId: CheckpointId,
    architecture: z.string(),
    parameterCount: z.int(),
    classes: z.array(z.string()),
    input: z.object({
      height: z.int(),
      width: z.int(),
      channels: z.int(),
      fit: Fit,
      mean: z.array(z.number()),
      standardDeviation: z.array(z.number()),
    }),
    testAccuracy: z.number().nullable(),
    sha256: z.string().describe('Of the weights (safetensors)'),
    bytes: z.number(),
    labels: Labels,
    createdAt: Timestamp,
    url: z.string().describe('Download of the weights; range requests are honoured'),
  })
  .meta({ id: 'Model' });
export type Model = z.output<typeof Model>;
export const ModelPage = pageOf(Model, 'ModelPage');
export const ListModelsQuery = PageQuery.extend({ jobId: JobId.optional() });

export const PredictQuery = z.strictObject({ topK: wholeNumber(z.int().min(1).max(1000)).default(5) });

/** One result per uploaded image, in order. An image that cannot be read has an error instead of classes. */
export const Prediction = z
  .object({
    object: z.literal('prediction'),
    modelId: ModelId,
    results: z.array(
      z.object({
        fileName: z.string(),
        classes: z.array(z.object({ label: z.int(), class: z.string(), probability: z.number() })).nullable(),
        error: z.object({ code: z.string(), message: z.string() }).nullable(),
      }),
    ),
    seconds: z.number(),
  })
  .meta({ id: 'Prediction' });
export type Prediction = z.output<typeof Prediction>;
