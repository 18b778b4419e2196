import { type AugmentationDraws, type PackedDataset, type SplitName, UNCHANGED } from '../src/engine.js';
import { applyOperation } from '../src/operations/index.js';

/** Pixels [C, H, W] of one image before normalisation. */
export function imageOf(data: PackedDataset, split: SplitName, index: number): Float64Array {
  const packed = data.splits[split];
  if (packed === undefined) throw new Error(`no split ${split}`);
  const { height, width, channels } = data;
  const size = height * width * channels;
  const shard = packed.shards[Math.floor(index / packed.imagesPerShard)]!;
  const begin = (index % packed.imagesPerShard) * size;
  return toChannelsFirst(shard.subarray(begin, begin + size), data);
}

export function toChannelsFirst(
  pixels: Uint8Array,
  { height, width, channels }: { height: number; width: number; channels: number },
): Float64Array {
  const image = new Float64Array(pixels.length);
  for (let p = 0; p < height * width; p++)
    for (let c = 0; c < channels; c++) image[c * height * width + p] = pixels[p * channels + c]!;
  return image;
}

/** One pixel of a source coordinate under padding. */
function reflect(at: number, size: number): number {
  if (at < 0) return -at;
  return at >= size ? 2 * (size - 1) - at : at;
}

type Size = { height: number; width: number; channels: number };

/** The i-th primitive operation on pixels in channels-first order. */
function operate(
  pixels: Float64Array,
  draw: Extract<AugmentationDraws, { kind: 'operations' }>,
  i: number,
  size: Size,
): Float64Array {
  const code = draw.codes[i]!;
  if (code === UNCHANGED) return pixels;
  const area = size.height * size.width;
  const bytes = Uint8Array.from(
    pixels,
    (_, at) => pixels[(at % size.channels) * area + Math.floor(at / size.channels)]!,
  );
  const parameters = [...draw.parameters.subarray(i * draw.width, (i + 1) * draw.width)];
  return toChannelsFirst(
    applyOperation({ ...size, data: bytes }, { kind: draw.names[code]!, parameters }).data,
    size,
  );
}

/** Applies the i-th draw of each augmentation, in order. */
export function augment(
  image: Float64Array,
  draws: AugmentationDraws[],
  i: number,
  height: number,
  width: number,
): Float64Array {
  const channels = image.length / (height * width);
  const gather = (from: Float64Array, source: (y: number, x: number) => [number, number] | null) => {
    const to = new Float64Array(from.length);
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const at = source(y, x);
          if (at) to[(c * height + y) * width + x] = from[(c * height + at[0]) * width + at[1]]!;
        }
    return to;
  };
  return draws.reduce((pixels, draw) => {
    if (draw.kind === 'horizontal-flip')
      return draw.flips[i] ? gather(pixels, (y, x) => [y, width - 1 - x]) : pixels;
    if (draw.kind === 'vertical-flip')
      return draw.flips[i] ? gather(pixels, (y, x) => [height - 1 - y, x]) : pixels;
    if (draw.kind === 'operations') return operate(pixels, draw, i, { height, width, channels });
    const top = draw.offsets[2 * i]! - draw.padding;
    const left = draw.offsets[2 * i + 1]! - draw.padding;
    return gather(pixels, (y, x) => {
      const [sourceY, sourceX] = [y + top, x + left];
      if (draw.mode === 'reflect') return [reflect(sourceY, height), reflect(sourceX, width)];
      return sourceY >= 0 && sourceY < height && sourceX >= 0 && sourceX < width ? [sourceY, sourceX] : null;
    });
  }, image);
}
