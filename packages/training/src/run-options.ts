import { z } from 'zod';
import { Architecture } from './architectures/index.js';
import { Augmentation } from './augmentations/index.js';
import { Loss } from './losses/index.js';
import { Normalization } from './normalization.js';
import { Optimizer } from './optimizers/index.js';
import { ParameterGroups } from './parameter-groups.js';
import { ProgressiveResizing } from './progressive-resizing.js';
import { Recovery } from './recovery.js';
import { Schedule } from './schedules/index.js';
import { TestTimeAugmentation } from './test-time/index.js';
import { GradientClip, noWrappers, wrapperOptions } from './wrappers/index.js';

export const EarlyStopping = z
  .strictObject({
    metric: z
      .enum(['validation.loss', 'validation.accuracy'])
      .default('validation.loss')
      .describe('What must improve; it also chooses the best checkpoint'),
    patience: z
      .int()
      .min(1)
      .max(100_000)
      .describe('Stop when this many epochs in a row brought no improvement'),
    minimumImprovement: z
      .number()
      .min(0)
      .max(100)
      .default(0)
      .describe('Smaller changes do not count as an improvement'),
  })
  .describe('Ends a run that no longer gets better');
export type EarlyStopping = z.output<typeof EarlyStopping>;

export const Validation = z
  .strictObject({
    fraction: z
      .number()
      .min(0.001)
      .max(0.5, 'at most 0.5: more would leave too little to learn from')
      .default(0.1)
      .describe('Share of each class of the train split'),
  })
  .describe('What to hold out when the dataset has no validation split of its own; else it is not used');

export const CrossValidation = z
  .strictObject({
    folds: z
      .int()
      .min(2)
      .max(50, 'at most 50')
      .describe('Parts that the train split is cut into, class by class'),
    fold: z.int().min(0).max(49).describe('The part that is held out, from 0'),
  })
  .refine(({ folds, fold }) => fold < folds, {
    message: 'must be less than folds: the first fold is 0',
    path: ['fold'],
  })
  .describe(
    'Holds out one of k stratified folds of the train split, drawn by the seed, in place of `validation` and of a validation split of the dataset',
  );
export type CrossValidation = z.output<typeof CrossValidation>;

/** Everything a recipe may say beside its dataset: what a preset fills in and explicit fields override. */
export const runOptions = {
  architecture: Architecture,
  loss: Loss,
  optimizer: Optimizer,
  schedule: Schedule,
  augmentation: z
    .array(Augmentation)
    .max(16, 'at most 16')
    .describe('Applied in order to every training image'),
  normalization: Normalization,
  batchSize: z
    .int()
    .min(1)
    .max(65_536, 'at most 65536: no device holds the activations of more')
    .describe('Images per step; the last batch of an epoch may be smaller'),
  epochs: z.int().min(1).max(100_000).describe('Passes over the train split'),
  precision: z
    .enum(['auto', 'fp32', 'bf16'])
    .describe(
      'auto: bf16 where the device is faster with it, else fp32. Weights and optimizer state stay fp32',
    ),
  gradientClip: GradientClip.nullable(),
  ...wrapperOptions,
  parameterGroups: ParameterGroups.nullable(),
  progressiveResizing: ProgressiveResizing.nullable(),
  earlyStopping: EarlyStopping.nullable(),
  validation: Validation,
  crossValidation: CrossValidation.nullable(),
  seed: z
    .int()
    .min(0)
    .max(0xffff_ffff, 'at most 4294967295 (32 bits)')
    .describe('Key of every random draw: weights, order, augmentation, dropout, split'),
  engine: z.enum(['auto', 'torch']),
  device: z.enum(['auto', 'cpu', 'cuda']),
  testTimeAugmentation: TestTimeAugmentation.nullable(),
  recovery: Recovery,
  topK: z
    .int()
    .min(1)
    .max(100)
    .describe('Evaluation also counts hits among the k most probable classes; cut to the number of classes'),
};

/** Recipe fields: any may be left out, a preset or a general default fills it in. */
export const PartialRunOptions = z.strictObject(runOptions).partial();
/** Some run options with defaults left out: what a preset is made of. */
export type RunOptionsInput = z.input<typeof PartialRunOptions>;

/** What a recipe gets where neither it nor its preset says anything. The architecture has no default. */
export const defaultRunOptions = {
  loss: { kind: 'cross-entropy' },
  optimizer: { kind: 'adam' },
  schedule: [{ kind: 'constant' }],
  augmentation: [],
  normalization: 'dataset',
  batchSize: 64,
  epochs: 10,
  precision: 'auto',
  gradientClip: null,
  ...noWrappers,
  parameterGroups: null,
  progressiveResizing: null,
  earlyStopping: null,
  validation: {},
  crossValidation: null,
  seed: 0,
  engine: 'auto',
  device: 'auto',
  testTimeAugmentation: null,
  recovery: {},
  topK: 5,
} satisfies RunOptionsInput;

/** Completes the options; a Recipe has been checked, so the only thing that can be missing is a preset's fault. */
export const parseRunOptions = (options: RunOptionsInput) => z.strictObject(runOptions).parse(options);
