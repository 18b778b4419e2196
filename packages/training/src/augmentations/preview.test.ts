import { expect, it } from 'vitest';
import type { Pixels } from '../operations/index.js';
import { randomStream } from '../random.js';
import { Augmentation } from './index.js';
import { previewGrid } from './preview.js';

const { below } = randomStream(1, 1);
const images: Pixels[] = Array.from({ length: 3 }, () => ({
  height: 4,
  width: 5,
  channels: 3,
  data: Uint8Array.from({ length: 60 }, () => below(256)),
}));
const samples = Int32Array.of(7, 8, 9);
const grid = (list: object[], epochs = 2, firstEpoch = 0, rows = images) =>
  previewGrid(rows, samples.subarray(0, rows.length), {
    augmentation: list.map((one) => Augmentation.parse(one)),
    seed: 4,
    firstEpoch,
    epochs,
  });
const tileOf = ({ width, data }: Pixels, row: number, column: number): number[] =>
  Array.from({ length: 4 }, (_, y) => [
    ...data.subarray(((row * 4 + y) * width + column * 5) * 3, ((row * 4 + y) * width + column * 5 + 5) * 3),
  ]).flat();

it('shows the images themselves, a row for each, where nothing changes them', () => {
  const shown = grid([]);
  expect([shown.height, shown.width, shown.channels]).toEqual([12, 10, 3]);
  for (const [row, image] of images.entries())
    for (const column of [0, 1]) expect(tileOf(shown, row, column)).toEqual([...image.data]);
});

it('a tile is of its sample and epoch, whatever is shown beside it', () => {
  const list = [{ kind: 'random-crop', padding: 2 }, { kind: 'color-jitter' }];
  const shown = grid(list, 4);
  const alone = grid(list, 1, 3, images.slice(0, 1));
  expect(tileOf(alone, 0, 0)).toEqual(tileOf(shown, 0, 3));
  expect(tileOf(shown, 0, 0)).not.toEqual(tileOf(shown, 0, 1));
});

it('mirrors and mixes', () => {
  const mirrored = grid([{ kind: 'horizontal-flip', probability: 1 }], 1);
  const first = Array.from({ length: 5 }, (_, x) => [...images[0]!.data.subarray(3 * x, 3 * x + 3)]);
  expect(tileOf(mirrored, 0, 0).slice(0, 15)).toEqual(first.reverse().flat());
  // Halves of two images lie between them.
  const mixed = grid([{ kind: 'mixup', alpha: 1000 }], 1);
  const means = images.map(({ data }) => data.reduce((sum, byte) => sum + byte, 0) / 60);
  for (const row of [0, 1, 2]) {
    const mean = tileOf(mixed, row, 0).reduce((sum, byte) => sum + byte, 0) / 60;
    expect(mean >= Math.min(...means) - 1 && mean <= Math.max(...means) + 1).toBe(true);
  }
  expect(grid([{ kind: 'mixup', alpha: 1000 }], 1)).not.toEqual(grid([], 1));
});
