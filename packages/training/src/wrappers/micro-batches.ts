import { z } from 'zod';
import type { SpecIssue } from '../spec-error.js';

export const MicroBatchSize = z
  .int()
  .min(1)
  .max(65_536)
  .describe(
    'Computes each batch in equal parts of at most this many images and adds up their gradients: the step is that of the whole batch, the memory that of a part. Batch normalisation sees each part by itself',
  );

/**
 * A batch of n is cut into k = ⌈n / most⌉ parts; part i holds the samples ⌊i·n / k⌋ … ⌊(i + 1)·n / k⌋ − 1, so that no two
 * differ by more than one. Losses and gradients are those of the mean over the whole batch, and dropout sees a sample at
 * its place in the whole batch.
 */
export const smallestMicroBatch = (batch: number, most: number | null): number =>
  Math.floor(batch / Math.ceil(batch / (most ?? batch)));

/** `norm`: name of a normalisation that cannot take one sample; null if there is none. */
export function microBatchProblems(
  { batchSize, microBatchSize: most }: { batchSize: number; microBatchSize: number | null },
  trainSamples: number,
  norm: string | null,
): SpecIssue[] {
  if (!most) return [];
  const refuse = (message: string) => [{ path: ['microBatchSize'], message }];
  if (most >= batchSize) return refuse(`must be less than batchSize ${batchSize}: nothing would be cut`);
  const sizes = [Math.min(batchSize, trainSamples), trainSamples % batchSize].filter((size) => size > 1);
  const lonely = sizes.find((size) => smallestMicroBatch(size, most) === 1);
  return norm === null || lonely === undefined
    ? []
    : refuse(
        `${most} leaves a part of one image (of a batch of ${lonely}), of which batch normalisation "${norm}" cannot take a variance; choose another size`,
      );
}
