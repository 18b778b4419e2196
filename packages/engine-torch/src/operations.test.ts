import {
  type AugmentationDraws,
  applyOperation,
  type LayerInput,
  type Operation,
  type PackedDataset,
  type Pixels,
  randomStream,
  UNCHANGED,
} from '@ravine/training';
import { expect, it } from 'vitest';
import { describeNative, gradientsOf, imageOf, programFor, randomData, roughState } from '../test/harness.js';

const head: LayerInput[] = [{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }];
const sizes = [
  { height: 1, width: 1, channels: 1 },
  { height: 1, width: 7, channels: 3 },
  { height: 5, width: 6, channels: 3 },
  { height: 9, width: 4, channels: 1 },
  { height: 32, width: 33, channels: 3 },
];

/** A few settings of every operation, from weak to beyond the image. */
const settings: Operation[] = [
  ...['autocontrast', 'equalize', 'grayscale', 'invert'].map((kind) => ({ kind, parameters: [] })),
  ...['brightness', 'contrast', 'saturation', 'sharpness'].flatMap((kind) =>
    [0, 0.3, 1, 1.7, 9].map((factor) => ({ kind, parameters: [factor] })),
  ),
  ...[0, 0.1, -0.35, 0.5].map((turn) => ({ kind: 'hue', parameters: [turn] })),
  ...[
    [0.4, 0.3],
    [0.1, 0.09, 0.08, 0.07, 0.06, 0.05, 0.04, 0.03, 0.02, 0.005, 0.004, 0.001],
  ].map((weights) => ({ kind: 'blur', parameters: [...weights, ...new Array(12 - weights.length).fill(0)] })),
  ...[1, 4, 8].map((bits) => ({ kind: 'posterize', parameters: [bits] })),
  ...[0, 99.5, 256].map((threshold) => ({ kind: 'solarize', parameters: [threshold] })),
  ...[
    [0, 0, 2, 1, 7],
    [-2, 3, 4, 50, 255],
    [40, 40, 5, 5, 9],
  ].map((parameters) => ({ kind: 'erase', parameters })),
  ...[0, 1].flatMap((bilinear) =>
    [
      [1, 0, 0, 0, 1, 0],
      [0.9, 0.31, -0.7, -0.31, 0.9, 1.2],
      [0.2, 0, 1.1, 0, 0.3, 0.4],
      [-3, 0.1, 9, 0.2, 2.5, -2],
    ].map((matrix) => ({ kind: 'affine', parameters: [...matrix, bilinear, 13] })),
  ),
] as Operation[];

/** The bytes that reach the network for training image 0: mean 0 and deviation 1/255 leave them as they are. */
async function bytesSeen(
  size: { height: number; width: number; channels: number },
  data: PackedDataset,
  augmentation: AugmentationDraws[],
): Promise<number[]> {
  const each = Array.from({ length: size.channels }, () => 0);
  const options = { precision: 'fp64', mean: each, standardDeviation: each.map(() => 1 / 255) } as const;
  const program = programFor(head, { ...size, classes: 2, count: 1 }, options);
  const start = roughState(program);
  for (const { data: values } of start.values()) values.fill(0);
  const step = { order: Int32Array.of(3, 0), offsets: Int32Array.of(1, 2), augmentation };
  const gradients = await gradientsOf(program, data, start, [0], step);
  const bytes = size.height * size.width * size.channels;
  const sign = data.splits.train!.labels[0] === 0 ? -2 : 2;
  return [...gradients.get('fc1.weight')!.subarray(0, bytes)].map((g) => Math.round(g * sign) + 0); // −0 becomes 0
}

/** Draws for a step whose second sample gets the operation; the first one has another or none. */
const drawsOf = ({ kind, parameters }: Operation, other: boolean): AugmentationDraws => ({
  kind: 'operations',
  names: ['invert', kind],
  codes: Uint8Array.of(other ? 0 : UNCHANGED, 1),
  width: parameters.length,
  parameters: Float64Array.of(...parameters.map(() => 0), ...parameters),
});

const channelsFirst = ({ height, width, channels, data }: Pixels): number[] =>
  Array.from({ length: data.length }, (_, i) => {
    const pixel = i % (height * width);
    return data[pixel * channels + Math.floor(i / (height * width))]!;
  });

describeNative.each(sizes)('on $height×$width×$channels', (size) => {
  const data = randomData({ ...size, classes: 2, count: 6 });
  const image: Pixels = { ...size, data: imageOf(data, 'train', 0).slice() };

  it.each(settings)('$kind $parameters gives the bytes of its definition', async (operation) => {
    const seen = await bytesSeen(size, data, [drawsOf(operation, true)]);
    expect(seen).toEqual(channelsFirst(applyOperation(image, operation)));
  });

  it('applies moves and operations in the order of the list', async () => {
    const { below } = randomStream(1, 1);
    const chosen = Array.from({ length: 4 }, () => settings[below(settings.length)]!);
    const flip: AugmentationDraws = { kind: 'horizontal-flip', flips: Uint8Array.of(0, 1) };
    const seen = await bytesSeen(size, data, [
      ...chosen.slice(0, 2).map((one) => drawsOf(one, false)),
      flip,
      ...chosen.slice(2).map((one) => drawsOf(one, false)),
      flip,
    ]);
    const mirror = (from: Pixels): Pixels => ({
      ...from,
      data: from.data.map((_, i) => {
        const [pixel, c] = [Math.floor(i / from.channels), i % from.channels];
        const row = Math.floor(pixel / from.width) * from.width;
        return from.data[(2 * row + from.width - 1 - pixel) * from.channels + c]!;
      }),
    });
    const expected = [...chosen.slice(0, 2), null, ...chosen.slice(2), null].reduce<Pixels>(
      (pixels, one) => (one ? applyOperation(pixels, one) : mirror(pixels)),
      image,
    );
    expect(seen).toEqual(channelsFirst(expected));
  });
});
