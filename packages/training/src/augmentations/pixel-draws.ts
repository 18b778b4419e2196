import { z } from 'zod';
import { type AugmentationDraws, UNCHANGED } from '../engine.js';
import type { Operation } from '../operations/index.js';
import type { RandomStream } from '../random.js';
import type { DrawnSamples, ImageSize } from './definition.js';

/** Chance of a pixel augmentation. */
export const probabilityOf = (share: number) =>
  z.number().min(0).max(1).default(share).describe('Share of images that are changed');

/** The options as a range [smallest, largest], its ends within `least` and `most`. */
export const rangeOf = (least: number, most: number, usual: [number, number], what: string) =>
  z
    .tuple([z.number().min(least).max(most), z.number().min(least).max(most)])
    .refine(([low, high]) => low <= high, 'the first number must not be larger than the second')
    .default(usual)
    .describe(what);

export const between = (stream: RandomStream, [low, high]: readonly [number, number]): number =>
  low + (high - low) * stream.uniform();

/** Packs the operations of each sample, in order, as the engine reads them: one entry per place in the lists. */
function packOperations(perSample: readonly (readonly Operation[])[]): AugmentationDraws[] {
  const places = perSample.reduce((most, list) => Math.max(most, list.length), 0);
  return Array.from({ length: places }, (_, place) => {
    const column = perSample.map((list) => list[place]);
    const names = [...new Set(column.flatMap((one) => (one ? [one.kind] : [])))];
    const width = column.reduce((most, one) => Math.max(most, one?.parameters.length ?? 0), 0);
    const codes = new Uint8Array(column.length).fill(UNCHANGED);
    const parameters = new Float64Array(column.length * width);
    column.forEach((one, i) => {
      if (one === undefined) return;
      codes[i] = names.indexOf(one.kind);
      parameters.set(one.parameters, i * width);
    });
    return { kind: 'operations', names, codes, width, parameters };
  });
}

/** Draws that change the share `probability` of the samples by what `operationsOf` decides for each. */
export const drawOperations =
  <Options extends { probability: number }>(
    operationsOf: (options: Options, stream: RandomStream, image: ImageSize) => Operation[],
  ) =>
  (options: Options, { count, image, streamOf }: DrawnSamples): AugmentationDraws[] =>
    packOperations(
      Array.from({ length: count }, (_, i) => {
        const stream = streamOf(i);
        return stream.uniform() < options.probability ? operationsOf(options, stream, image) : [];
      }),
    );
