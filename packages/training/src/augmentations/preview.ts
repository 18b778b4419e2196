import type { Pixels } from '../operations/index.js';
import { fromPlanes, toPlanes } from '../operations/planes.js';
import { augmentPixels } from './augment-pixels.js';
import { type Augmentation, drawAugmentations, drawMixes } from './index.js';
import { mixExamples } from './mix-examples.js';

/** What is looked at: the draws that a run with this list and seed makes for its samples in these epochs. */
export interface PreviewOptions {
  augmentation: Augmentation[];
  seed: number;
  /** 0 is the first epoch of a run. */
  firstEpoch: number;
  epochs: number;
}

/**
 * One image of tiles: a row for each image, a column for each epoch. `samples` are the images' places in the train split.
 * Mixes are those of a batch of just these images, with the epoch's number for its step: which images meet in a run
 * depends on all of its options.
 */
export function previewGrid(images: Pixels[], samples: Int32Array, options: PreviewOptions): Pixels {
  const { firstEpoch, epochs } = options;
  const columns = Array.from({ length: epochs }, (_, i) =>
    augmentedBatch(images, samples, options, firstEpoch + i),
  );
  return tile(images.map((_, row) => columns.map((column) => column[row] as Pixels)));
}

function augmentedBatch(
  images: Pixels[],
  samples: Int32Array,
  { augmentation, seed }: PreviewOptions,
  epoch: number,
): Pixels[] {
  const [size] = images;
  if (size === undefined) return [];
  const draws = drawAugmentations(augmentation, seed, epoch, samples, size);
  const whole = images.map((image, i) => augmentPixels(image, draws, i));
  const offsets = Int32Array.of(0, images.length);
  const mixing = drawMixes(augmentation, { seed, firstStep: epoch, offsets }, size);
  if (mixing.length === 0) return whole;
  const examples = whole.map((image) => ({ image: toPlanes(image), target: new Float64Array() }));
  return mixExamples(examples, mixing, 0, size).map(({ image }) =>
    fromPlanes(image, size.height, size.width),
  );
}

/** Images of one size beside and below each other. */
function tile(rows: Pixels[][]): Pixels {
  const [first] = rows.flat();
  if (first === undefined) return { height: 0, width: 0, channels: 1, data: new Uint8Array() };
  const { height, width, channels } = first;
  const across = rows[0]?.length ?? 0;
  const line = width * channels;
  const data = new Uint8Array(rows.length * height * across * line);
  rows.forEach((row, i) => {
    row.forEach((image, j) => {
      for (let y = 0; y < height; y++)
        data.set(image.data.subarray(y * line, (y + 1) * line), ((i * height + y) * across + j) * line);
    });
  });
  return { height: rows.length * height, width: across * width, channels, data };
}
