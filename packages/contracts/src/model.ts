import { z } from 'zod';
import { Fit, SplitName } from './dataset.js';
import { Evaluation } from './evaluation.js';
import { CheckpointId, DatasetId, JobId, ModelId } from './ids.js';
import { jsonText } from './json-text.js';
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
      mean: z
        .array(z.number())
        .describe(
          'Per channel, as the recipe normalises: the input is (pixel / 255 − mean) / standardDeviation',
        ),
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

export const TestTimeChoice = z
  .enum(['none', 'recipe', 'flips', 'shifts'])
  .describe("Views of each image that are averaged: the recipe's own, or a kind with its defaults");
export type TestTimeChoice = z.output<typeof TestTimeChoice>;

const predictOptions = {
  topK: wholeNumber(z.int().min(1).max(1000)).default(5),
  testTimeAugmentation: TestTimeChoice.default('none'),
};
export const PredictQuery = z.strictObject(predictOptions);

export const Combination = z
  .enum(['probabilities', 'logits', 'vote'])
  .describe('What is averaged: probabilities, network outputs, or votes for the most probable class');
export type Combination = z.output<typeof Combination>;

const MAX_MEMBERS = 16;
const listOf = <T extends z.ZodType>(item: T, rule: string) =>
  jsonText(z.array(item).min(1).max(MAX_MEMBERS, `at most ${MAX_MEMBERS}`), rule);

type Together = { models: string[]; weights?: number[] | undefined };
const eachOnce = ({ models }: Together) => new Set(models).size === models.length;
const EACH_ONCE = { message: 'names a model twice; give it a larger weight instead', path: ['models'] };
const asMany = ({ models, weights }: Together) => weights === undefined || weights.length === models.length;
const AS_MANY = { message: 'must be as many as models', path: ['weights'] };

/** Text fields of an upload: several models answer as one. */
export const PredictEnsemble = z
  .strictObject({
    models: listOf(ModelId, 'must be a JSON array of model ids').describe(
      'JSON list of the ids of models with the same classes and input size',
    ),
    weights: listOf(z.number().positive().max(1e6), 'must be a JSON array of numbers')
      .optional()
      .describe('JSON list, one for each model; they are divided by their sum. Default: equal'),
    combination: Combination.default('probabilities'),
    ...predictOptions,
  })
  .refine(eachOnce, EACH_ONCE)
  .refine(asMany, AS_MANY)
  .meta({ id: 'PredictEnsemble' });

/** How well models do together on a split of a dataset with their classes and input size. */
export const EvaluateEnsemble = z
  .strictObject({
    models: z.array(ModelId).min(1).max(MAX_MEMBERS, `at most ${MAX_MEMBERS}`),
    weights: z
      .array(z.number().positive().max(1e6))
      .min(1)
      .max(MAX_MEMBERS, `at most ${MAX_MEMBERS}`)
      .optional()
      .describe('One for each model; they are divided by their sum. Default: equal'),
    combination: Combination.default('probabilities'),
    testTimeAugmentation: TestTimeChoice.default('none'),
    datasetId: DatasetId,
    split: SplitName.default('test'),
    topK: z.int().min(1).max(100).default(5).describe('Cut to the number of classes'),
  })
  .refine(eachOnce, EACH_ONCE)
  .refine(asMany, AS_MANY)
  .meta({ id: 'EvaluateEnsemble' });

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

export const EnsemblePrediction = Prediction.omit({ modelId: true })
  .extend({
    members: z.array(z.object({ modelId: ModelId, weight: z.number().describe('All sum to 1') })),
    combination: Combination,
  })
  .meta({ id: 'EnsemblePrediction' });
export type EnsemblePrediction = z.output<typeof EnsemblePrediction>;

export const EnsembleEvaluation = Evaluation.omit({
  jobId: true,
  checkpointId: true,
  testTimeAugmentation: true,
})
  .extend({
    datasetId: DatasetId,
    split: SplitName,
    loss: z
      .number()
      .describe(
        'Mean cross-entropy of the combined outputs, without label smoothing; of votes, with the share of a class for its probability',
      ),
    members: EnsemblePrediction.shape.members,
    combination: Combination,
    testTimeAugmentation: TestTimeChoice,
  })
  .meta({ id: 'EnsembleEvaluation' });
export type EnsembleEvaluation = z.output<typeof EnsembleEvaluation>;

/** What a worker finds out about the models together. */
export const CombinedResult = EnsembleEvaluation.omit({
  object: true,
  datasetId: true,
  members: true,
  combination: true,
  testTimeAugmentation: true,
  seconds: true,
});
export type CombinedResult = z.output<typeof CombinedResult>;
