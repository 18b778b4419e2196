import type { AugmentationDraws, LayerInput, PackedDataset, Precision } from '@ravine/training';
import { dropoutUniform } from '@ravine/training';
import { expect, it } from 'vitest';
import {
  describeNative,
  distance,
  gradientsOf,
  imageOf,
  programFor,
  randomData,
  roughState,
} from '../test/harness.js';

const size = { height: 5, width: 6, channels: 3, classes: 2, count: 8 };
const data = randomData(size);
const mean = [0.1, 0.5, 0.7];
const standardDeviation = [0.2, 0.5, 0.9];
const head: LayerInput[] = [{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }];

/**
 * What reaches the last layer for one training sample, in C, H, W order. With zero weights both classes have
 * probability ½, so the gradient of a class's weights is ∓½ times the layer's input.
 */
async function inputOfLastLayer(
  layers: LayerInput[],
  precision: Precision,
  order: number[],
  draws: AugmentationDraws[],
  at: number,
): Promise<Float64Array> {
  const program = programFor(layers, size, { precision, mean, standardDeviation });
  const start = roughState(program);
  for (const { data: values } of start.values()) values.fill(0);
  // The step holds the sample at `at` of a longer order, so that draws of other samples would show.
  const gradients = await gradientsOf(program, data, start, [0], {
    order: Int32Array.from(order),
    offsets: Int32Array.of(at, at + 1),
    augmentation: draws,
  });
  const label = data.splits.train!.labels[order[at]!]!;
  return gradients
    .get('fc1.weight')!
    .subarray(0, 90)
    .map((g) => g / (label === 0 ? -0.5 : 0.5));
}

type Pixel = (channel: number, row: number, column: number) => number;

/** One augmentation on pixels, from its doc comment in `engine.ts`. */
function augment(pixel: Pixel, draws: AugmentationDraws, sample: number): Pixel {
  const { height, width } = size;
  if (draws.kind === 'horizontal-flip')
    return draws.flips[sample] ? (c, y, x) => pixel(c, y, width - 1 - x) : pixel;
  if (draws.kind === 'vertical-flip')
    return draws.flips[sample] ? (c, y, x) => pixel(c, height - 1 - y, x) : pixel;
  if (draws.kind !== 'random-crop') throw new Error('operations are held in operations.test.ts');
  const mirrored = (i: number, n: number) => (i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i);
  const padded: Pixel = (c, y, x) => {
    if (draws.mode === 'reflect') return pixel(c, mirrored(y, height), mirrored(x, width));
    return y < 0 || y >= height || x < 0 || x >= width ? 0 : pixel(c, y, x);
  };
  const [top, left] = [draws.offsets[2 * sample]!, draws.offsets[2 * sample + 1]!];
  return (c, y, x) => padded(c, y + top - draws.padding, x + left - draws.padding);
}

function expectedInput(index: number, draws: AugmentationDraws[], sample: number): number[] {
  const bytes = imageOf(data, 'train', index);
  let pixel: Pixel = (c, y, x) => bytes[(y * size.width + x) * 3 + c]!;
  for (const one of draws) pixel = augment(pixel, one, sample);
  return Array.from({ length: 90 }, (_, i) => {
    const [channel, row, column] = [Math.floor(i / 30), Math.floor(i / 6) % 5, i % 6];
    return (pixel(channel, row, column) / 255 - mean[channel]!) / standardDeviation[channel]!;
  });
}

const flips = Uint8Array.of(1, 0, 1, 1);
const crop = (mode: 'zero' | 'reflect', padding: number, offsets: number[]): AugmentationDraws => ({
  kind: 'random-crop',
  padding,
  mode,
  offsets: Int32Array.from(offsets),
});
const cases: Record<string, AugmentationDraws[]> = {
  'no augmentation': [],
  'horizontal flip': [{ kind: 'horizontal-flip', flips }],
  'vertical flip': [{ kind: 'vertical-flip', flips }],
  'crop with zeros': [crop('zero', 2, [0, 4, 4, 1, 2, 2, 3, 0])],
  'crop with reflection': [crop('reflect', 3, [0, 6, 6, 0, 3, 3, 1, 5])],
  'crop, then flip': [crop('zero', 2, [0, 4, 4, 1, 2, 3, 3, 0]), { kind: 'horizontal-flip', flips }],
  'flips, then crop': [
    { kind: 'vertical-flip', flips: Uint8Array.of(0, 1, 1, 0) },
    { kind: 'horizontal-flip', flips },
    crop('reflect', 2, [0, 4, 4, 1, 2, 3, 3, 0]),
  ],
  'two crops': [crop('zero', 1, [0, 2, 2, 1, 0, 0, 2, 0]), crop('reflect', 2, [4, 4, 0, 1, 2, 3, 3, 0])],
};

describeNative.each(Object.entries(cases))('%s', (_, draws) => {
  it.each([
    ['fp64', 1e-12],
    ['fp32', 1e-5],
    ['bf16', 0.04],
  ] as const)('gives the network the pixels of its definition, %s', async (precision, tolerance) => {
    const order = [7, 2, 5, 2];
    for (let at = 0; at < order.length; at++) {
      const seen = await inputOfLastLayer(head, precision, order, draws, at);
      expect(distance(seen, expectedInput(order[at]!, draws, at))).toBeLessThan(tolerance);
    }
  });
});

describeNative('dropout', () => {
  it.each([
    ['fp64', 1e-12],
    ['fp32', 1e-5],
  ] as const)('keeps the elements that dropoutUniform keeps, %s', async (precision, tolerance) => {
    for (const rate of [0, 0.25, 0.9]) {
      const layers: LayerInput[] = [{ kind: 'dropout', rate }, ...head];
      const seen = await inputOfLastLayer(layers, precision, [4], [], 0);
      const expected = expectedInput(4, [], 0).map((x, element) =>
        dropoutUniform(1000, 1001, element, 0) >= rate ? x * Math.fround(1 / (1 - rate)) : 0,
      );
      expect(distance(seen, expected)).toBeLessThan(tolerance);
      expect(expected.some((x) => x === 0)).toBe(rate > 0);
    }
  });
});

describeNative('pixels', () => {
  it('are refused where the dataset does not fit the network', async () => {
    const other: PackedDataset = { ...data, width: 5 };
    const program = programFor(head, size);
    await expect(gradientsOf(program, other, roughState(program), [0])).rejects.toMatchObject({
      code: 'engine_unsupported',
      message: expect.stringContaining('5×5×3'),
    });
  });
});
