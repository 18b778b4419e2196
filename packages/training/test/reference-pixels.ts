import { augmentPixels } from '../src/augmentations/augment-pixels.js';
import type { AugmentationDraws, PackedDataset, SplitName } from '../src/engine.js';
import { fromPlanes, toPlanes } from '../src/operations/planes.js';

/** Pixels [C, H, W] of one image before normalisation. */
export function imageOf(data: PackedDataset, split: SplitName, index: number): Float64Array {
  const packed = data.splits[split];
  if (packed === undefined) throw new Error(`no split ${split}`);
  const { height, width, channels } = data;
  const size = height * width * channels;
  const shard = packed.shards[Math.floor(index / packed.imagesPerShard)]!;
  const begin = (index % packed.imagesPerShard) * size;
  return toPlanes({ height, width, channels, data: shard.subarray(begin, begin + size) });
}

/** Applies the i-th draw of each augmentation, in order. */
export const augment = (
  image: Float64Array,
  draws: AugmentationDraws[],
  i: number,
  height: number,
  width: number,
): Float64Array => toPlanes(augmentPixels(fromPlanes(image, height, width), draws, i));
