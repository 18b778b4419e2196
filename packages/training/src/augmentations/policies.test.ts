import { describe, expect, it } from 'vitest';
import { UNCHANGED } from '../engine.js';
import { cifar10Policy, imagenetPolicy } from './auto-augment-policies.js';
import { Augmentation, type AugmentationKind, augmentations, drawAugmentations, isOfBatch } from './index.js';

const image = { height: 20, width: 30 };
const samples = Int32Array.from({ length: 3000 }, (_, i) => i);
const draw = (options: object, epoch = 0, of = samples) =>
  drawAugmentations([Augmentation.parse(options)], 5, epoch, of, image);

const ofImages = (Object.keys(augmentations) as AugmentationKind[]).filter(
  (kind) => !isOfBatch(Augmentation.parse({ kind })),
);

describe.each(ofImages)('%s', (kind) => {
  it('draws the same for a sample in any batch, and for itself alone', () => {
    const columns = draw({ kind });
    expect(columns.length).toBeGreaterThan(0);
    const alone = draw({ kind }, 0, Int32Array.of(41));
    columns.forEach((column, place) => {
      const one = alone[place];
      if (column.kind === 'operations') {
        const code = column.codes[41] as number;
        if (code === UNCHANGED) {
          expect(one).toBeUndefined();
          return;
        }
        if (one?.kind !== 'operations') throw new Error('no operation');
        expect(one.names).toEqual([column.names[code]]);
        expect([...one.parameters]).toEqual([
          ...column.parameters.subarray(41 * column.width, 41 * column.width + one.width),
        ]);
      } else if (column.kind !== 'random-crop')
        expect(one).toMatchObject({ flips: column.flips.slice(41, 42) });
    });
  });

  it('draws only finite parameters', () => {
    for (const column of draw({ kind }))
      if (column.kind === 'operations') expect(column.parameters.every(Number.isFinite)).toBe(true);
  });
});

it('a probability is the share of images that are changed', () => {
  const [column] = draw({ kind: 'invert', probability: 0.25 });
  if (column?.kind !== 'operations') throw new Error('no operations');
  const share = column.codes.filter((code) => code !== UNCHANGED).length / samples.length;
  expect(Math.abs(share - 0.25)).toBeLessThan(0.03);
  expect(draw({ kind: 'invert', probability: 0 })).toEqual([]);
});

it('alternating flip mirrors each image in exactly one of two epochs', () => {
  const flips = (epoch: number) => {
    const [column] = draw({ kind: 'alternating-flip' }, epoch);
    if (column?.kind !== 'horizontal-flip') throw new Error('not a flip');
    return column.flips;
  };
  expect(flips(1)).toEqual(flips(0).map((flip) => 1 - flip));
  expect(flips(6)).toEqual(flips(0));
  expect(Math.abs(flips(0).reduce((sum, flip) => sum + flip, 0) / 3000 - 0.5)).toBeLessThan(0.03);
});

it('rectangles of random erasing lie inside the image and have the asked size', () => {
  const [column] = draw({ kind: 'random-erasing', scale: [0.1, 0.2], ratio: [0.5, 2], probability: 1 });
  if (column?.kind !== 'operations') throw new Error('no operations');
  for (let i = 0; i < samples.length; i++) {
    if (column.codes[i] === UNCHANGED) continue;
    const [top, left, height, width] = column.parameters.subarray(i * 5, i * 5 + 4) as unknown as number[];
    expect(top! >= 0 && left! >= 0 && top! + height! <= 20 && left! + width! <= 30).toBe(true);
    expect(Math.abs((height! * width!) / 600 - 0.15)).toBeLessThan(0.08);
  }
});

it('an enlargement looks nearer to the middle', () => {
  const parameters = (options: object) => {
    const [column] = draw({ kind: 'affine', ...options }, 0, Int32Array.of(3));
    if (column?.kind !== 'operations') throw new Error('no operations');
    return [...column.parameters];
  };
  expect(parameters({ degrees: 0, scale: [2, 2] })).toEqual([0.5, 0, 7.5, -0, 0.5, 5, 0, 0]);
});

it('policies have 25 pairs with probabilities and strengths in range', () => {
  for (const policy of [imagenetPolicy, cifar10Policy]) {
    expect(policy).toHaveLength(25);
    for (const [, probability, magnitude] of policy.flat()) {
      expect(probability >= 0 && probability <= 1).toBe(true);
      expect(magnitude >= 0 && magnitude <= 9).toBe(true);
    }
  }
});

it.each([
  [{ kind: 'rand-augment', operations: 2 }, 2],
  [{ kind: 'trivial-augment' }, 1],
])('%j chooses each of its 14 operations about equally often', (options, places) => {
  const columns = draw(options);
  expect(columns.length).toBeLessThanOrEqual(places);
  const counts = new Map<string, number>();
  for (const column of columns) {
    if (column.kind !== 'operations') continue;
    for (const code of column.codes)
      if (code !== UNCHANGED) {
        const name = column.names[code] as string;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
  }
  const share = (name: string) => (counts.get(name) ?? 0) / (3000 * places);
  expect(Math.abs(share('affine') - 5 / 14)).toBeLessThan(0.03); // two shears, two shifts, rotation
  for (const name of [
    'brightness',
    'saturation',
    'contrast',
    'sharpness',
    'posterize',
    'solarize',
    'equalize',
  ])
    expect(Math.abs(share(name) - 1 / 14)).toBeLessThan(0.02);
  expect(counts.has('invert')).toBe(false);
});
