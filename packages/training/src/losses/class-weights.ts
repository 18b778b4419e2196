import { z } from 'zod';
import { sum } from '../dataset-facts.js';
import type { SpecIssue } from '../spec-error.js';

const list = z
  .array(z.number().min(0).max(1e6, 'at most 1e6'))
  .min(2)
  .max(65_536)
  .refine((weights) => weights.some((weight) => weight > 0), 'one weight at least must be greater than 0');

/**
 * As a recipe writes it. The batch mean divides by the number of samples, not by the sum of their weights as PyTorch's
 * `CrossEntropyLoss(weight)` does: the gradient of a sample does not depend on the labels of the others. With
 * `balanced` weights the two agree on average over an epoch.
 */
export const classWeights = z
  .union([list, z.literal('balanced')], {
    error: 'must be a list of one weight per class, or "balanced"',
  })
  .nullable()
  .default(null)
  .describe(
    'Weight of each class in the order of the dataset, or "balanced" for n / (classes · images of the class) of the images trained on. The mean divides by the batch size, not by the sum of weights. Evaluation weighs too',
  );
export type ClassWeights = z.output<typeof classWeights>;

/** As an engine gets it; null: all 1. */
export const resolvedClassWeights = list.nullable().default(null);

/** `counts`: images of each class to train on. */
export function classWeightProblems(weights: ClassWeights, counts: number[]): SpecIssue[] {
  if (weights === 'balanced') {
    const empty = counts.indexOf(0);
    return empty < 0
      ? []
      : [
          {
            path: ['classWeights'],
            message: `"balanced" needs training images of every class; ${empty} has none`,
          },
        ];
  }
  return weights === null || weights.length === counts.length
    ? []
    : [
        {
          path: ['classWeights'],
          message: `has ${weights.length} weights, but there are ${counts.length} classes`,
        },
      ];
}

/** n / (k · n_c) for k classes, of which class c has n_c of n images: the mean weight of an image is 1. */
export const resolveClassWeights = (weights: ClassWeights, counts: number[]): number[] | null =>
  weights === 'balanced' ? counts.map((count) => sum(counts) / (counts.length * count)) : weights;
