import { ForkKeep, Recipe, ResolvedRecipe, StopReason } from '@ravine/training';
import { z } from 'zod';
import { CheckpointId, DatasetId, GroupId, JobId, WorkerId } from './ids.js';
import { JobStatus } from './job-state.js';
import { Labels, Name, PageQuery, pageOf, Timestamp } from './page.js';

export const FailureClass = z.enum([
  'config',
  'data',
  'non_finite',
  'out_of_memory',
  'infrastructure',
  'timeout',
  'internal',
]);

/** A failure is data: what it was, where, and what shows it. */
export const Failure = z
  .object({
    class: FailureClass,
    code: z.string(),
    message: z.string().describe('What happened and what to do'),
    step: z.int().nullable(),
    retryable: z.boolean(),
    evidence: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Failure' });
export type Failure = z.output<typeof Failure>;

export const Priority = z.int().min(-100).max(100).describe('Higher runs first');
export const MaxMinutes = z
  .number()
  .positive()
  .max(10_080)
  .nullable()
  .describe('Ends the job with stopReason time_limit once it has trained for so long');

export const MaxSteps = z
  .int()
  .min(1)
  .max(2_147_483_647)
  .nullable()
  .describe('Ends the job with stopReason step_limit once it has done so many steps');

/** Which checkpoints of a job are taken and kept. It changes nothing about the result. */
export const JobCheckpoints = z
  .strictObject({
    everySteps: z
      .int()
      .min(1)
      .max(1_000_000_000)
      .nullable()
      .default(null)
      .describe('After every so many steps, or as often as leaves 98 % of the time to training'),
    everySeconds: z
      .number()
      .min(1)
      .max(86_400)
      .nullable()
      .default(60)
      .describe('During an epoch, so long after the one before'),
    keepLast: z
      .int()
      .min(1)
      .max(20, 'at most 20')
      .default(2)
      .describe('So many of the newest are kept, and the best one'),
  })
  .describe('Checkpoints besides those at the ends of epochs and of the run')
  .meta({ id: 'JobCheckpoints' });
export type JobCheckpoints = z.output<typeof JobCheckpoints>;

export const CreateJob = z
  .strictObject({
    name: Name.optional(),
    recipe: Recipe,
    labels: Labels.default({}),
    priority: Priority.default(0),
    maxMinutes: MaxMinutes.default(null),
    maxSteps: MaxSteps.default(null),
    checkpoints: JobCheckpoints.prefault({}),
  })
  .meta({ id: 'CreateJob' });
export type CreateJob = z.output<typeof CreateJob>;

export const Progress = z
  .object({
    epoch: z.int().describe('Epoch that runs, from 1'),
    epochs: z.int(),
    step: z.int(),
    totalSteps: z.int(),
    loss: z.number().nullable(),
    learningRate: z.number().nullable(),
    validationAccuracy: z.number().nullable(),
    imagesPerSecond: z.number().nullable(),
    etaSeconds: z.number().nullable(),
  })
  .meta({ id: 'Progress' });
export type Progress = z.output<typeof Progress>;

/** The checkpoint of another job that a job began with. */
export const ForkOrigin = z
  .object({ jobId: JobId, checkpointId: CheckpointId, step: z.int(), keep: ForkKeep })
  .meta({ id: 'ForkOrigin' });
export type ForkOrigin = z.output<typeof ForkOrigin>;

export const Transition = z.object({
  from: JobStatus.nullable(),
  to: JobStatus,
  at: Timestamp,
  reason: z.string().nullable(),
});

export const Job = z
  .object({
    object: z.literal('job'),
    id: JobId,
    name: z.string(),
    status: JobStatus,
    terminal: z.boolean(),
    phase: z.string().nullable().describe('While it runs; an open list: preparing, training, evaluating …'),
    stopReason: z
      .enum([...StopReason.options, 'pruned'])
      .nullable()
      .describe(
        'How a success ended. diverged: a learning-rate range test whose loss came to four times the best; nothing gives `pruned` in this version',
      ),
    failure: Failure.nullable(),
    groupId: GroupId.nullable().describe('The group that the job was submitted with'),
    fork: ForkOrigin.nullable().describe('Where it began, if not anew'),
    datasetId: DatasetId,
    recipe: ResolvedRecipe.describe('With every default filled in'),
    recipeHash: z.string(),
    labels: Labels,
    priority: z.int(),
    maxMinutes: z.number().nullable(),
    maxSteps: z.int().nullable(),
    checkpoints: JobCheckpoints,
    microBatchSize: z
      .int()
      .nullable()
      .describe(
        'What it was cut down to after memory ran out (recipe.recovery.outOfMemory); null: what the recipe says',
      ),
    attempt: z.int().describe('0 before the first start'),
    workerId: WorkerId.nullable(),
    engine: z.string().nullable(),
    device: z.string().nullable(),
    precision: z.string().nullable().describe('fp32 or bf16, once the worker has decided'),
    progress: Progress.nullable(),
    best: z
      .object({
        epoch: z.int(),
        validationLoss: z.number().nullable(),
        validationAccuracy: z.number().nullable(),
      })
      .nullable(),
    testAccuracy: z.number().nullable(),
    trainSeconds: z.number().nullable(),
    peakMemoryBytes: z.number().nullable(),
    transitions: z.array(Transition),
    createdAt: Timestamp,
    startedAt: Timestamp.nullable(),
    endedAt: Timestamp.nullable(),
    updatedAt: Timestamp,
  })
  .meta({ id: 'Job' });
export type Job = z.output<typeof Job>;

export const JobPage = pageOf(Job, 'JobPage');
export const ListJobsQuery = PageQuery.extend({
  status: JobStatus.optional(),
  datasetId: DatasetId.optional(),
  groupId: GroupId.optional(),
  name: z.string().max(120).optional(),
});

export const PlanJob = z.strictObject({ recipe: Recipe }).meta({ id: 'PlanJob' });

/** What a job would do, without creating it. */
export const JobPlan = z
  .object({
    object: z.literal('plan'),
    recipe: ResolvedRecipe,
    recipeHash: z.string(),
    totalSteps: z.int(),
    stepsPerEpoch: z.int(),
    trainSamples: z.int(),
    validationSamples: z.int(),
    learningRates: z
      .object({ steps: z.array(z.int()), values: z.array(z.number()) })
      .describe(
        'Learning rate `values[i]` at step `steps[i]`, counted from 0: every step up to 20,000, then evenly thinned',
      ),
    momenta: z
      .object({ steps: z.array(z.int()), values: z.array(z.number()) })
      .nullable()
      .describe('The same of the momentum (β₁ of Adam and its kin); null where the schedule leaves it alone'),
    stages: z
      .array(
        z.object({
          firstEpoch: z.int(),
          lastEpoch: z.int(),
          height: z.int(),
          width: z.int(),
        }),
      )
      .describe('Sizes of training images, by epochs counted from 1'),
    parameterCount: z.int(),
    layers: z.array(
      z.object({ name: z.string(), kind: z.string(), outputShape: z.array(z.int()), parameters: z.int() }),
    ),
    memory: z.object({
      parametersBytes: z.number(),
      gradientsBytes: z.number(),
      optimizerBytes: z.number(),
      activationsBytes: z.number(),
      totalBytes: z.number(),
    }),
    warnings: z.array(z.object({ code: z.string(), message: z.string(), pointer: z.string().nullable() })),
  })
  .meta({ id: 'JobPlan' });
export type JobPlan = z.output<typeof JobPlan>;
