import { expect, it } from 'vitest';
import { UNCHANGED } from '../engine.js';
import type { OperationKind } from '../operations/index.js';
import { gaussianWeights } from './blur.js';
import { Augmentation, augmentationProblems, drawAugmentations } from './index.js';

const samples = Int32Array.from({ length: 2000 }, (_, i) => i);
const small = { height: 20, width: 30 };

/** The operations of each sample, in order. */
function operationsOf(options: object, image = small): { kind: OperationKind; parameters: number[] }[][] {
  const columns = drawAugmentations([Augmentation.parse(options)], 5, 0, samples, image);
  return Array.from(samples, (i) =>
    columns.flatMap((column) => {
      if (column.kind !== 'operations') throw new Error('no operations');
      const code = column.codes[i] as number;
      if (code === UNCHANGED) return [];
      const parameters = [...column.parameters.subarray(i * column.width, (i + 1) * column.width)];
      return [{ kind: column.names[code] as OperationKind, parameters }];
    }),
  );
}

it('color jitter changes all four in every order, within the asked ranges', () => {
  const lists = operationsOf({ kind: 'color-jitter', brightness: 0.5, contrast: 2, hue: 0.2 });
  const orders = new Map<string, number>();
  for (const list of lists) {
    const order = list.map(({ kind }) => kind).join();
    orders.set(order, (orders.get(order) ?? 0) + 1);
    for (const { kind, parameters } of list) {
      const [low, high] = {
        brightness: [0.5, 1.5],
        contrast: [0, 3],
        saturation: [0.6, 1.4],
        hue: [-0.2, 0.2],
      }[kind as 'hue'] as [number, number];
      expect(parameters[0]! >= low && parameters[0]! <= high).toBe(true);
    }
  }
  expect(orders.size).toBe(24);
  for (const count of orders.values()) expect(Math.abs(count - 2000 / 24)).toBeLessThan(40);
});

it('color jitter leaves out what is 0 and refuses to change nothing', () => {
  const only = { kind: 'color-jitter', brightness: 0, contrast: 0, saturation: 0, hue: 0.1 };
  expect(new Set(operationsOf(only).map((list) => list.map(({ kind }) => kind).join()))).toEqual(
    new Set(['hue']),
  );
  expect(augmentationProblems([Augmentation.parse({ ...only, hue: 0 })], small)).toEqual([
    { path: [0], message: expect.stringContaining('changes nothing') },
  ]);
});

it('the windows of a random resized crop lie in the image, with the asked area and ratio', () => {
  for (const [crop] of operationsOf({ kind: 'random-resized-crop', scale: [0.2, 0.4] })) {
    const [a, b, left, d, e, top, bilinear] = crop?.parameters ?? [];
    const [width, height] = [a! * 30, e! * 20];
    expect([b, d, bilinear]).toEqual([0, 0, 1]);
    expect(Math.abs(width - Math.round(width)) + Math.abs(height - Math.round(height))).toBeLessThan(1e-9);
    expect(left! >= 0 && top! >= 0 && left! + width < 30 + 1e-9 && top! + height < 20 + 1e-9).toBe(true);
    expect(Math.abs((width * height) / 600 - 0.3)).toBeLessThan(0.15);
    expect(width / height > 0.65 && width / height < 1.55).toBe(true);
  }
});

it('a random resized crop takes the middle where no window fits', () => {
  const [first] = operationsOf({ kind: 'random-resized-crop', scale: [1, 1], ratio: [1, 1] });
  expect(first?.[0]?.parameters).toEqual([20 / 30, 0, 5, 0, 1, 0, 1, 0]);
});

it('the weights of a Gaussian fall off, end at the radius and sum to 1', () => {
  const weights = gaussianWeights(2, 1.3);
  expect(weights[1]! / weights[0]!).toBeCloseTo(Math.exp(-1 / (2 * 1.3 ** 2)), 12);
  expect(weights.slice(3)).toEqual(new Array(9).fill(0));
  expect(weights[0]! + 2 * (weights[1]! + weights[2]!)).toBeCloseTo(1, 14);
  expect(Augmentation.safeParse({ kind: 'blur', kernel: 4 }).success).toBe(false);
  const wide = Augmentation.parse({ kind: 'blur', kernel: 9 });
  expect(augmentationProblems([wide], { height: 4, width: 30 })).toEqual([
    { path: [0, 'kernel'], message: expect.stringContaining('at most 7') },
  ]);
  expect(augmentationProblems([wide], { height: 5, width: 30 })).toEqual([]);
});
