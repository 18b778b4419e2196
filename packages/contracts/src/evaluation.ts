import { z } from 'zod';
import { SplitName } from './dataset.js';

const share = z.number().min(0).max(1);

/** Evaluation of the best weights. A ratio whose denominator is 0 is null, never 0. */
export const Evaluation = z
  .object({
    object: z.literal('evaluation'),
    jobId: z.string(),
    split: SplitName.describe('test, or validation where the dataset has no test split'),
    samples: z.int(),
    loss: z.number(),
    accuracy: share,
    topK: z.array(z.object({ k: z.int(), accuracy: share })),
    macro: z.object({ precision: share.nullable(), recall: share.nullable(), f1: share.nullable() }),
    classes: z.array(
      z.object({
        label: z.int(),
        class: z.string(),
        support: z.int(),
        precision: share.nullable(),
        recall: share.nullable(),
        f1: share.nullable(),
      }),
    ),
    confusion: z.array(z.array(z.int())).describe('confusion[true label][predicted label]'),
    testTimeAugmentation: z
      .object({
        kind: z.string(),
        views: z.int().describe('Forward passes of each image'),
        loss: z.number(),
        accuracy: share,
        topK: z.array(z.object({ k: z.int(), accuracy: share })),
      })
      .nullable()
      .describe("The same with the recipe's test-time augmentation; null where it has none"),
    checkpointId: z.string().nullable(),
    seconds: z.number(),
  })
  .meta({ id: 'Evaluation' });
export type Evaluation = z.output<typeof Evaluation>;
