import type { z } from 'zod';
import type { AugmentationDraws, MixDraws } from '../engine.js';
import { byKind, oneOf } from '../family.js';
import { randomStream, streams } from '../random.js';
import type { SpecIssue } from '../spec-error.js';
import type { AugmentationDefinition, ImageSize } from './definition.js';
import * as kinds from './kinds.js';
import { drawMixing, type MixingDefinition } from './mixing.js';

type Definition = (typeof kinds)[keyof typeof kinds];

const all: Definition[] = Object.values(kinds);

/** Every augmentation, by kind. */
export const augmentations = byKind(all);
export type AugmentationKind = Definition['kind'];

export const Augmentation = oneOf(all.map(({ options }) => options));
export type Augmentation = z.output<typeof Augmentation>;

type OfBatch = Extract<Augmentation, { kind: MixDraws['kind'] }>;
type OfImage = Exclude<Augmentation, OfBatch>;

/** Whether it combines the images of a batch, and does not change each on its own. */
export const isOfBatch = (options: Augmentation): options is OfBatch =>
  'blank' in augmentations[options.kind];

const definition = (kind: OfImage['kind']) =>
  augmentations[kind] as unknown as AugmentationDefinition<OfImage['kind'], OfImage>; // options match their own kind

/** What the list demands that images of this size cannot give; paths begin with the place in the list. */
export const augmentationProblems = (list: Augmentation[], image: ImageSize): SpecIssue[] =>
  list.flatMap((options, i) => {
    if (isOfBatch(options)) return [];
    const mixed = list.slice(0, i).find(isOfBatch);
    const late: SpecIssue[] = mixed
      ? [{ path: [], message: `must come before "${mixed.kind}", which mixes finished images` }]
      : [];
    return [...late, ...definition(options.kind).problems(options, image)].map(({ path, message }) => ({
      path: [i, ...path],
      message,
    }));
  });

/**
 * Draws of every augmentation of single images in the list for these samples of one epoch. A sample's draws depend on
 * (seed, place in the list, epoch, sample index) only, never on the batch it is in. Views at test time have a stream of
 * their own.
 */
export const drawAugmentations = (
  list: Augmentation[],
  seed: number,
  epoch: number,
  samples: Int32Array,
  image: ImageSize,
  stream: number = streams.augmentation,
): AugmentationDraws[] =>
  list.flatMap((options, place) =>
    isOfBatch(options)
      ? []
      : definition(options.kind).draw(options, {
          count: samples.length,
          image,
          epoch,
          streamOf: (i, from = epoch) => randomStream(seed, stream + place, from, samples[i]),
        }),
  );

/** Draws of every augmentation of whole batches in the list, for consecutive steps. */
export const drawMixes = (
  list: Augmentation[],
  steps: { seed: number; firstStep: number; offsets: Int32Array },
  image: ImageSize,
): MixDraws[] =>
  list.flatMap((options, place) =>
    isOfBatch(options)
      ? drawMixing(
          augmentations[options.kind] as unknown as MixingDefinition<OfBatch['kind'], OfBatch>,
          options,
          { ...steps, place },
          image,
        )
      : [],
  );
