import { z } from 'zod';
import type { StateDict } from './engine.js';
import { NO_LOSSES, RangeTestState } from './range-test.js';
import { decodeSafetensors, encodeSafetensorsParts, joinBytes, SafetensorsError } from './safetensors.js';
import { ScheduleState } from './schedules/index.js';

const count = z.int().min(0);

/** Results of an epoch whose end has been reached. */
export const EpochResult = z.strictObject({
  /** From 1. */
  epoch: count,
  /** Steps done at its end. */
  step: count,
  validationLoss: z.number(),
  validationAccuracy: z.number(),
});
export type EpochResult = z.output<typeof EpochResult>;

/** Where a run stands: everything, beside the state of the session, that the rest of it depends on. */
export const TrainingPosition = z.strictObject({
  /** Optimizer steps done. */
  step: count,
  /** Epochs completed, validation included. */
  epoch: count,
  /** Sums over the steps of the epoch in progress; they weigh its train metrics. */
  partial: z.strictObject({ samples: count, lossSum: z.number(), correct: count }),
  /** The best epoch so far, by the metric that chooses. */
  best: EpochResult.nullable(),
  /** Epochs in a row without an improvement. */
  staleEpochs: count,
  /** What the schedule has learnt of the epochs so far. */
  schedule: ScheduleState.default({}),
  /** What a range test has learnt of the steps so far; it ends the run. */
  rangeTest: RangeTestState.default(NO_LOSSES),
  /** Where the recipe lets a run go back after a step that was not finite: how often it did, and to which step it would. */
  recovery: z.strictObject({ rollbacks: count, from: count }).nullable().default(null),
});
export type TrainingPosition = z.output<typeof TrainingPosition>;

/** What a checkpoint says about itself, as JSON in the file's metadata. */
export const CheckpointMetadata = z.strictObject({
  format: z.literal('ravine-checkpoint-1'),
  /** best: weights only; last: everything to go on from. */
  role: z.enum(['best', 'last']),
  recipeHash: z.string().max(128),
  engine: z.string().max(128),
  /** The engine's `build`; null in files from before it was written down. */
  build: z.string().max(256).nullable().default(null),
  precision: z.enum(['fp32', 'bf16', 'fp64']),
  position: TrainingPosition,
});
export type CheckpointMetadata = z.output<typeof CheckpointMetadata>;

/**
 * `model.<name>`, for role `last` also the rest of the session's state, `best.<name>` (the best weights so far) where
 * the last ones are not the best, and `rollback.<any of the state>` (the state at the beginning of the epoch) where the run
 * may go back to it: one file is enough to resume from.
 */
export interface Checkpoint {
  metadata: CheckpointMetadata;
  tensors: StateDict;
}

/**
 * A safetensors file in parts that follow each other; the same checkpoint gives the same bytes. The parts are views of the
 * tensors, which may be large: nothing is copied.
 */
export const encodeCheckpointParts = ({ metadata, tensors }: Checkpoint): Uint8Array[] =>
  encodeSafetensorsParts(tensors, { ravine: JSON.stringify(CheckpointMetadata.parse(metadata)) });

/** The same in one piece. */
export const encodeCheckpoint = (checkpoint: Checkpoint): Uint8Array =>
  joinBytes(encodeCheckpointParts(checkpoint));

/** Reads untrusted bytes; throws SafetensorsError. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes);
  if (metadata.ravine === undefined) throw new SafetensorsError('it is not a checkpoint of this service');
  let json: unknown;
  try {
    json = JSON.parse(metadata.ravine);
  } catch {
    throw new SafetensorsError('the position is not JSON');
  }
  const parsed = CheckpointMetadata.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new SafetensorsError(`the position is malformed at ${issue?.path.join('.')}: ${issue?.message}`);
  }
  return { metadata: parsed.data, tensors };
}

/** The tensors whose name starts with `from.`, renamed to start with `to.`. */
export function renamed(state: StateDict, from: string, to: string): StateDict {
  const result: StateDict = new Map();
  for (const [name, tensor] of state)
    if (name.startsWith(`${from}.`)) result.set(`${to}${name.slice(from.length)}`, tensor);
  return result;
}

/** The state, renamed to start with `rollback.`. */
export const asRollback = (state: StateDict): StateDict =>
  new Map([...state].map(([name, tensor]) => [`${ROLLBACK}${name}`, tensor]));

/** What `asRollback` was made of. */
export const rollbackOf = (tensors: StateDict): StateDict =>
  new Map(
    [...tensors].flatMap(([name, tensor]) =>
      name.startsWith(ROLLBACK) ? [[name.slice(ROLLBACK.length), tensor]] : [],
    ),
  );
const ROLLBACK = 'rollback.';

/** Of the tensors of a checkpoint, the state of the session that it was taken of. */
export const sessionState = (tensors: StateDict): StateDict =>
  new Map([...tensors].filter(([name]) => !name.startsWith('best.') && !name.startsWith(ROLLBACK)));

/** The weights of a checkpoint or state alone (`model.*`): all that predicting needs. */
export const modelWeights = (state: StateDict): StateDict => renamed(state, 'model', 'model');
