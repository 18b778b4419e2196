import { z } from 'zod';
import type { DatasetFacts } from './dataset-facts.js';
import type { Program } from './program.js';
import type { SpecIssue } from './spec-error.js';

export const Normalization = z
  .enum(['dataset', 'imagenet', 'none'])
  .describe(
    "What pixels in [0, 1] are shifted and divided by, per channel: mean and standard deviation of the dataset's train split, ImageNet's (RGB alone), or nothing",
  );
export type Normalization = z.output<typeof Normalization>;

/** Of RGB pixels in [0, 1], as torchvision has them. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225] };

/** A channel that never changes carries nothing: dividing by this instead of 0 leaves it at (almost) 0. */
const SMALLEST_DEVIATION = 1 / 255;

/** Gray images have no ImageNet statistics: which mean of three channels would be meant is anybody's guess. */
export const normalizationProblems = (
  kind: Normalization,
  { channels }: { channels: number },
): SpecIssue[] =>
  kind === 'imagenet' && channels !== IMAGENET.mean.length
    ? [{ path: [], message: `"imagenet" is for RGB images; the dataset has ${channels} channel` }]
    : [];

/** x = (pixel / 255 − mean) / standardDeviation of each channel. */
export function normalizationOf(
  kind: Normalization,
  { mean, standardDeviation }: Pick<DatasetFacts, 'mean' | 'standardDeviation'>,
): Program['normalization'] {
  if (kind === 'imagenet') return IMAGENET;
  if (kind === 'none') return { mean: mean.map(() => 0), standardDeviation: mean.map(() => 1) };
  const deviations = standardDeviation.map((deviation) => Math.max(deviation, SMALLEST_DEVIATION));
  return { mean, standardDeviation: deviations };
}
