import { type AugmentationDraws, UNCHANGED } from '../engine.js';
import { applyOperation, type OperationKind, type Pixels } from '../operations/index.js';

/** Every pixel from its source in the image; black where it has none. */
function gather(image: Pixels, sourceOf: (y: number, x: number) => [y: number, x: number] | null): Pixels {
  const { height, width, channels, data } = image;
  const moved = new Uint8Array(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const source = sourceOf(y, x);
      if (source === null) continue;
      const from = (source[0] * width + source[1]) * channels;
      moved.set(data.subarray(from, from + channels), (y * width + x) * channels);
    }
  return { ...image, data: moved };
}

/** Place on a line whose ends are mirrored once, without repeating them. */
function reflect(at: number, size: number): number {
  if (at < 0) return -at;
  return at >= size ? 2 * (size - 1) - at : at;
}

function augmentOnce(image: Pixels, draws: AugmentationDraws, i: number): Pixels {
  const { height, width } = image;
  switch (draws.kind) {
    case 'horizontal-flip':
      return draws.flips[i] ? gather(image, (y, x) => [y, width - 1 - x]) : image;
    case 'vertical-flip':
      return draws.flips[i] ? gather(image, (y, x) => [height - 1 - y, x]) : image;
    case 'operations': {
      const code = draws.codes[i] as number;
      if (code === UNCHANGED) return image;
      const parameters = [...draws.parameters.subarray(i * draws.width, (i + 1) * draws.width)];
      return applyOperation(image, { kind: draws.names[code] as OperationKind, parameters });
    }
    case 'random-crop': {
      const top = (draws.offsets[2 * i] as number) - draws.padding;
      const left = (draws.offsets[2 * i + 1] as number) - draws.padding;
      return gather(image, (y, x) => {
        const [row, column] = [y + top, x + left];
        if (draws.mode === 'reflect') return [reflect(row, height), reflect(column, width)];
        return row >= 0 && row < height && column >= 0 && column < width ? [row, column] : null;
      });
    }
  }
}

/** The image after the i-th draw of each augmentation, in order: the specification of what engines do to pixels. */
export const augmentPixels = (image: Pixels, draws: AugmentationDraws[], i: number): Pixels =>
  draws.reduce((pixels, one) => augmentOnce(pixels, one, i), image);
