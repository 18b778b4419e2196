import { z } from 'zod';
import type { AugmentationDraws } from '../engine.js';
import { randomStream, streams } from '../random.js';
import type { SpecIssue } from '../spec-error.js';
import type { AugmentationDefinition, ImageSize } from './definition.js';
import { horizontalFlip } from './horizontal-flip.js';
import { randomCrop } from './random-crop.js';
import { verticalFlip } from './vertical-flip.js';

/** Every augmentation, by kind. */
export const augmentations = {
  'random-crop': randomCrop,
  'horizontal-flip': horizontalFlip,
  'vertical-flip': verticalFlip,
};
export type AugmentationKind = keyof typeof augmentations;

export const Augmentation = z.discriminatedUnion('kind', [
  randomCrop.options,
  horizontalFlip.options,
  verticalFlip.options,
]);
export type Augmentation = z.output<typeof Augmentation>;

const definition = (kind: AugmentationKind) =>
  augmentations[kind] as unknown as AugmentationDefinition<AugmentationKind, Augmentation>; // options match their own kind

/** What the list demands that images of this size cannot give; paths begin with the place in the list. */
export const augmentationProblems = (list: Augmentation[], image: ImageSize): SpecIssue[] =>
  list.flatMap((options, i) =>
    definition(options.kind)
      .problems(options, image)
      .map(({ path, message }) => ({ path: [i, ...path], message })),
  );

/**
 * Draws of every augmentation in the list for these samples of one epoch. A sample's draws depend on (seed, place in
 * the list, epoch, sample index) only, never on the batch it is in. Views at test time have a stream of their own.
 */
export const drawAugmentations = (
  list: Augmentation[],
  seed: number,
  epoch: number,
  samples: Int32Array,
  stream: number = streams.augmentation,
): AugmentationDraws[] =>
  list.map((options, place) =>
    definition(options.kind).draw(options, samples.length, (i) =>
      randomStream(seed, stream + place, epoch, samples[i]),
    ),
  );
