import { z } from 'zod';
import type { MixDraws } from '../engine.js';
import type { FamilyEntry } from '../family.js';
import { permutation, type RandomStream, randomStream, streams } from '../random.js';
import type { ImageSize } from './definition.js';

/** Options that mixup and cutmix share. */
export const mixingOptions = {
  probability: z.number().min(0).max(1).default(1).describe('Share of batches that are mixed'),
  per: z
    .enum(['batch', 'sample'])
    .default('batch')
    .describe('One draw for the whole batch, as in the papers and their code, or one for each image'),
};

interface MixingOptions {
  kind: MixDraws['kind'];
  probability: number;
  per: 'batch' | 'sample';
}

/** A random change of a batch: images and labels of its members are combined two by two. */
export interface MixingDefinition<Kind extends MixDraws['kind'], Options extends MixingOptions>
  extends FamilyEntry<Kind> {
  options: z.ZodType<Options>;
  /** Draws for `samples` images that change nothing: every share is 1. */
  blank(samples: number): Extract<MixDraws, { kind: Kind }>;
  /** One draw from `stream`, written to each of the places `from` … `to − 1` of `draws`. */
  draw(
    options: Options,
    stream: RandomStream,
    image: ImageSize,
    draws: Extract<MixDraws, { kind: Kind }>,
    from: number,
    to: number,
  ): void;
}

/** Nothing mixed: every image is its own partner. */
export const unmixed = (samples: number) => ({
  partners: Int32Array.from({ length: samples }, (_, i) => i),
  shares: new Float64Array(samples).fill(1),
});

/**
 * Draws for consecutive steps; step i holds the places offsets[i] … offsets[i + 1] − 1. Partners are a permutation of
 * the step's own batch, whatever its size. Draws depend on (seed, `place` in the list, step) only.
 */
export function drawMixing<Kind extends MixDraws['kind'], Options extends MixingOptions>(
  definition: MixingDefinition<Kind, Options>,
  options: Options,
  {
    seed,
    place,
    firstStep,
    offsets,
  }: { seed: number; place: number; firstStep: number; offsets: Int32Array },
  image: ImageSize,
): MixDraws {
  const stream = streams.augmentation + place;
  const draws = definition.blank(offsets.at(-1) ?? 0);
  for (let i = 0; i + 1 < offsets.length; i++) {
    const [from, to, step] = [offsets[i] as number, offsets[i + 1] as number, firstStep + i];
    const ofBatch = randomStream(seed, stream, step, 1); // sample 0 is the permutation's
    if (ofBatch.uniform() >= options.probability) continue;
    draws.partners.set(
      permutation(to - from, seed, step, stream).map((partner) => from + partner),
      from,
    );
    if (options.per === 'batch') definition.draw(options, ofBatch, image, draws, from, to);
    else
      for (let at = from; at < to; at++)
        definition.draw(options, randomStream(seed, stream, step, 2 + at - from), image, draws, at, at + 1);
  }
  return draws;
}
