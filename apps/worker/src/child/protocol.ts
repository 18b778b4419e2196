import {
  Combination,
  CombinedResult,
  DatasetManifest,
  Evaluation,
  Failure,
  Fit,
  IngestReport,
  JobCheckpoints,
  Model,
  Prediction,
  Progress,
  SplitName,
  Worker,
} from '@ravine/contracts';
import { ForkKeep, ResolvedRecipe, StopReason, TestTimeAugmentation } from '@ravine/training';
import { z } from 'zod';

/**
 * All that is said between the worker and its child processes, both directions, by purpose. Bytes go through files,
 * never through messages; a message with a `sequence` is answered by `acknowledge` once it is in the database.
 */

const Precision = z.enum(['fp32', 'bf16']);

/** A model with all that its network is built from. */
const PredictModel = z.strictObject({
  id: z.string(),
  recipe: ResolvedRecipe,
  classes: z.array(z.string()),
  input: Model.shape.input,
  precision: Precision,
  /** Views whose outputs are averaged; null is the plain image. */
  testTimeAugmentation: TestTimeAugmentation.nullable(),
  /** Path of a verified local copy of the checkpoint. */
  weights: z.string(),
});
export type PredictModel = z.output<typeof PredictModel>;

const limits = {
  /** Training ends with `time_limit` so long after the run began. */
  timeLimitMs: z.number().nullable(),
  /** Training ends with `step_limit` after so many steps. */
  maxSteps: z.int().nullable(),
};

const TrainStart = z.strictObject({
  type: z.literal('start'),
  jobId: z.string(),
  attempt: z.int(),
  recipe: ResolvedRecipe,
  /** As it is stored with the job. */
  recipeHash: z.string(),
  manifest: DatasetManifest,
  /** Path of a verified local copy of each blob that the manifest names, by key. */
  files: z.record(z.string(), z.string()),
  /** File of the checkpoint to go on from. */
  resumeFrom: z.string().nullable(),
  /** File of the checkpoint of another job to begin with, and what is kept of it; where there is nothing to go on from. */
  fork: z
    .strictObject({ path: z.string(), keep: ForkKeep, schedule: z.boolean(), best: z.boolean() })
    .nullable(),
  device: z.string(),
  precision: Precision,
  threads: z.int(),
  ...limits,
  checkpoints: JobCheckpoints.omit({ keepLast: true }),
  /** Images that are computed at once, where that was cut down; null: what the recipe says. */
  microBatchSize: z.int().nullable(),
  /** An own empty folder for checkpoints and artifacts. */
  folder: z.string(),
});
export type TrainStart = z.output<typeof TrainStart>;

const sequence = z.int();
const failed = z.strictObject({ type: z.literal('failed'), failure: Failure });

const RunEvent = z.strictObject({
  kind: z.string(),
  level: z.enum(['debug', 'info', 'warning', 'error']),
  message: z.string(),
  data: z.record(z.string(), z.unknown()),
});

const ImageFile = z.strictObject({ fileName: z.string(), path: z.string() });

/** A question to models that answer together. */
const together = {
  requestId: z.string(),
  /** Weights sum to 1. */
  members: z.array(z.strictObject({ model: PredictModel, weight: z.number() })).min(1),
  combination: Combination,
  topK: z.int(),
  device: z.string(),
  threads: z.int(),
};

const protocol = {
  /** Says which engines work here, then ends. */
  probe: {
    toChild: z.never(),
    fromChild: z.strictObject({ type: z.literal('engines'), engines: Worker.shape.engines }),
  },
  /** One training run, then ends. */
  train: {
    toChild: z.discriminatedUnion('type', [
      TrainStart,
      z.strictObject({ type: z.literal('acknowledge'), sequence }),
      /** From now on these hold. */
      z.strictObject({ type: z.literal('limits'), ...limits }),
      /** Stop at the next step, leave a checkpoint, say `stopped`. */
      z.strictObject({ type: z.literal('stop') }),
    ]),
    fromChild: z.discriminatedUnion('type', [
      /** The files of the dataset are read and the network stands. */
      z.strictObject({
        type: z.literal('ready'),
        sequence,
        parameterCount: z.int(),
        /** Step of the checkpoint that training goes on from. */
        resumedAt: z.int().nullable(),
      }),
      z.strictObject({ type: z.literal('phase'), phase: z.string() }),
      z.strictObject({
        type: z.literal('progress'),
        progress: Progress,
        trainSeconds: z.number(),
        peakMemoryBytes: z.number(),
      }),
      z.strictObject({
        type: z.literal('metrics'),
        sequence,
        /** One row per point: name, step, value. */
        names: z.array(z.string()),
        steps: z.array(z.int()),
        values: z.instanceof(Float64Array),
      }),
      z.strictObject({
        type: z.literal('events'),
        sequence,
        events: z.array(RunEvent),
      }),
      z.strictObject({
        type: z.literal('checkpoint'),
        sequence,
        path: z.string(),
        step: z.int(),
        epoch: z.int(),
        roles: z.array(z.enum(['best', 'last'])),
        validationLoss: z.number().nullable(),
        validationAccuracy: z.number().nullable(),
      }),
      /** Steps after `step` are undone. */
      z.strictObject({ type: z.literal('rollback'), sequence, step: z.int(), event: RunEvent }),
      z.strictObject({
        type: z.literal('evaluation'),
        sequence,
        evaluation: Evaluation.omit({ object: true, jobId: true, checkpointId: true }),
      }),
      z.strictObject({
        type: z.literal('artifact'),
        sequence,
        kind: z.string(),
        fileName: z.string(),
        contentType: z.string(),
        path: z.string(),
      }),
      z.strictObject({
        type: z.literal('finished'),
        stopReason: StopReason,
        testAccuracy: z.number().nullable(),
        trainSeconds: z.number(),
        peakMemoryBytes: z.number(),
      }),
      /** The answer to `stop`. */
      z.strictObject({ type: z.literal('stopped'), step: z.int() }),
      /** The checkpoint to go on from cannot be used; nothing was done. */
      z.strictObject({ type: z.literal('unusable'), why: z.string() }),
      failed,
    ]),
  },
  /** One upload to packed files, then ends. */
  ingest: {
    toChild: z.strictObject({
      type: z.literal('start'),
      files: z.array(z.strictObject({ name: z.string(), path: z.string() })),
      /** An own empty folder for everything that is written. */
      into: z.string(),
      height: z.int().optional(),
      width: z.int().optional(),
      channels: z.union([z.literal(1), z.literal(3)]).optional(),
      fit: Fit,
      classes: z.array(z.string()).optional(),
      concurrency: z.int(),
    }),
    fromChild: z.discriminatedUnion('type', [
      z.strictObject({
        type: z.literal('progress'),
        phase: z.string(),
        done: z.int(),
        total: z.int().nullable(),
      }),
      z.strictObject({
        type: z.literal('ready'),
        manifest: DatasetManifest,
        /** The packed files; `key` is the sha256 that the manifest names them by. */
        files: z.array(z.strictObject({ key: z.string(), path: z.string() })),
        report: IngestReport,
      }),
      z.strictObject({ type: z.literal('refused'), report: IngestReport }),
      z.strictObject({ type: z.literal('faulted'), code: z.string(), message: z.string() }),
    ]),
  },
  /** Answers one request after the other until it is ended; keeps the models that were used last. */
  predict: {
    toChild: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('predict'), ...together, images: z.array(ImageFile) }),
      z.strictObject({
        type: z.literal('evaluate'),
        ...together,
        manifest: DatasetManifest,
        split: SplitName,
        /** Path of a verified local copy of each blob of the split, by key. */
        files: z.record(z.string(), z.string()),
      }),
    ]),
    fromChild: z.discriminatedUnion('type', [
      z.strictObject({
        type: z.literal('predicted'),
        requestId: z.string(),
        results: Prediction.shape.results,
      }),
      z.strictObject({ type: z.literal('evaluated'), requestId: z.string(), evaluation: CombinedResult }),
      z.strictObject({
        type: z.literal('refused'),
        requestId: z.string(),
        code: z.string(),
        message: z.string(),
      }),
    ]),
  },
} as const;

export type Purpose = keyof typeof protocol;
export type ToChild<P extends Purpose> = z.output<(typeof protocol)[P]['toChild']>;
export type FromChild<P extends Purpose> = z.output<(typeof protocol)[P]['fromChild']>;

/** Throws ZodError when the message is not one of the purpose's. */
export function parseFromChild<P extends Purpose>(purpose: P, raw: unknown): FromChild<P> {
  // The schema was picked by the same key as the type.
  return protocol[purpose].fromChild.parse(raw) as FromChild<P>;
}

export function parseToChild<P extends Purpose>(purpose: P, raw: unknown): ToChild<P> {
  return protocol[purpose].toChild.parse(raw) as ToChild<P>;
}
