import type { ImageSize } from './augmentations/definition.js';
import type { PackedSplit } from './engine.js';

/**
 * What each of `to` pixels of a line takes of its `from` pixels, in units of 1/to of a pixel: output o covers
 * [o·from, (o + 1)·from) and input i covers [i·to, (i + 1)·to), so that the weights of an output add up to `from`.
 */
function overlaps(from: number, to: number): { first: number; weights: number[] }[] {
  return Array.from({ length: to }, (_, o) => {
    const [begin, end] = [o * from, (o + 1) * from];
    const first = Math.floor(begin / to);
    const weights = Array.from(
      { length: Math.ceil(end / to) - first },
      (_, i) => Math.min(end, (first + i + 1) * to) - Math.max(begin, (first + i) * to),
    );
    return { first, weights };
  });
}

/** Adds up weighted values along one axis, [outer × from × inner] → [outer × to × inner]. Whole numbers, so exact. */
function axisSums(outer: number, from: number, to: number, inner: number) {
  const lines = overlaps(from, to);
  const sums = new Float64Array(outer * to * inner);
  return (values: Uint8Array | Float64Array): Float64Array => {
    sums.fill(0);
    for (let block = 0; block < outer; block++)
      for (let o = 0; o < to; o++) {
        const { first, weights } = lines[o] as (typeof lines)[number];
        const target = (block * to + o) * inner;
        for (let i = 0; i < weights.length; i++) {
          const weight = weights[i] as number;
          const source = (block * from + first + i) * inner;
          for (let k = 0; k < inner; k++)
            sums[target + k] = (sums[target + k] as number) + weight * (values[source + k] as number);
        }
      }
    return sums;
  };
}

/**
 * Makes uint8 images [height × width × channels] smaller, one behind the other: each new pixel is the mean of the area that
 * it covers, rounded half up. Sums are whole numbers, so the result is the same on every machine.
 */
export function areaResize(
  pixels: Uint8Array,
  { height, width, channels }: ImageSize & { channels: number },
  to: ImageSize,
): Uint8Array {
  const [bytes, smaller] = [height * width * channels, to.height * to.width * channels];
  const alongRows = axisSums(height, width, to.width, channels);
  const alongColumns = axisSums(1, height, to.height, to.width * channels);
  const area = height * width;
  const resized = new Uint8Array((pixels.length / bytes) * smaller);
  for (let image = 0; image * bytes < pixels.length; image++) {
    const sums = alongColumns(alongRows(pixels.subarray(image * bytes, (image + 1) * bytes)));
    for (let i = 0; i < smaller; i++)
      resized[image * smaller + i] = Math.floor((2 * (sums[i] as number) + area) / (2 * area));
  }
  return resized;
}

/** Every image of a split, in shards of as many images as before. */
export const resizeSplit = (
  split: PackedSplit,
  from: ImageSize & { channels: number },
  to: ImageSize,
): PackedSplit => ({ ...split, shards: split.shards.map((shard) => areaResize(shard, from, to)) });
