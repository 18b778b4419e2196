import { z } from 'zod';
import type { Augmentation } from '../augmentations/index.js';
import type { AugmentationDraws } from '../engine.js';
import type { FamilyEntry } from '../family.js';
import type { SpecIssue } from '../spec-error.js';

/** One way to look at an image. */
export interface TestTimeView {
  /** Share of this view in the mean; those of all views sum to 1. */
  weight: number;
  /** Draws for images with these sample numbers. They depend on the sample's number, never on its batch. */
  draw(samples: Int32Array): AugmentationDraws[];
}

/** What the views of a recipe are drawn from. */
export interface TestTimeContext {
  height: number;
  width: number;
  /** The recipe's own augmentation. */
  augmentation: Augmentation[];
  seed: number;
}

/** A set of views of each image whose outputs are averaged. The draws are made here; the engine moves the pixels. */
export interface TestTimeDefinition<Kind extends string, Options> extends FamilyEntry<Kind> {
  options: z.ZodType<Options>;
  /** What the options demand that the recipe or its images cannot give; paths are relative to the options. */
  problems(options: Options, context: TestTimeContext): SpecIssue[];
  views(options: Options, context: TestTimeContext): TestTimeView[];
}

export const average = z
  .enum(['logits', 'probabilities'])
  .default('logits')
  .describe("What is averaged over the views: the network's outputs, or their softmax");

/** Mirrors every image left–right or top–bottom. */
export const mirrored = (
  kind: 'horizontal-flip' | 'vertical-flip',
  samples: Int32Array,
): AugmentationDraws => ({ kind, flips: new Uint8Array(samples.length).fill(1) });
