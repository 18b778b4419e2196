import { describe, expect, it } from 'vitest';
import { areaResize, resizeSplit } from './area-resize.js';
import { randomStream } from './random.js';

const image = (height: number, width: number, channels: number, pixelOf: (i: number) => number) =>
  Uint8Array.from({ length: height * width * channels }, (_, i) => pixelOf(i));

describe('areaResize', () => {
  it('takes the mean of whole blocks, half up', () => {
    // (1 + 2 + 5 + 6) / 4 = 3.5, (3 + 4 + 7 + 8) / 4 = 5.5, (9 + 10 + 13 + 14) / 4 = 11.5, (11 + 12 + 15 + 16) / 4 = 13.5
    const pixels = image(4, 4, 1, (i) => i + 1);
    const resized = areaResize(pixels, { height: 4, width: 4, channels: 1 }, { height: 2, width: 2 });
    expect([...resized]).toEqual([4, 6, 12, 14]);
  });

  it('rounds down below a half', () => {
    // (0 + 0 + 0 + 1) / 4 and (0 + 1 + 0 + 0 + 0 + 1) / 6
    const size = { height: 2, channels: 1 };
    const to = { height: 1, width: 1 };
    expect([...areaResize(Uint8Array.of(0, 0, 0, 1), { ...size, width: 2 }, to)]).toEqual([0]);
    expect([...areaResize(Uint8Array.of(0, 1, 0, 0, 0, 1), { ...size, width: 3 }, to)]).toEqual([0]);
  });

  it('weighs pixels by the share of them that is covered, each channel by itself', () => {
    // Columns of 1½: (10 + ½·40) / 1½ = 20 and (½·40 + 100) / 1½ = 80; the other channel (0 + ½·3) / 1½ = 1, (½·3 + 6) / 1½ = 5
    const pixels = Uint8Array.of(10, 0, 40, 3, 100, 6);
    const resized = areaResize(pixels, { height: 1, width: 3, channels: 2 }, { height: 1, width: 2 });
    expect([...resized]).toEqual([20, 1, 80, 5]);
    // The same down a column.
    const column = areaResize(pixels, { height: 3, width: 1, channels: 2 }, { height: 2, width: 1 });
    expect([...column]).toEqual([20, 1, 80, 5]);
  });

  const sizes = [
    [28, 28, 14, 14],
    [28, 28, 20, 20],
    [32, 17, 13, 9],
    [9, 30, 8, 29],
    [96, 96, 8, 8],
  ] as const;

  it.each(sizes)('leaves a constant image of %i×%i constant at %i×%i', (height, width, h, w) => {
    for (const value of [0, 1, 127, 254, 255]) {
      const pixels = image(height, width, 3, () => value);
      const resized = areaResize(pixels, { height, width, channels: 3 }, { height: h, width: w });
      expect(resized).toHaveLength(h * w * 3);
      expect(resized.every((pixel) => pixel === value)).toBe(true);
    }
  });

  it.each(sizes)('keeps the mean of an image of %i×%i at %i×%i within rounding', (height, width, h, w) => {
    const { below } = randomStream(3, 98);
    const pixels = image(height, width, 1, () => below(256));
    const resized = areaResize(pixels, { height, width, channels: 1 }, { height: h, width: w });
    const mean = (values: Uint8Array) => values.reduce((total, value) => total + value, 0) / values.length;
    expect(Math.abs(mean(resized) - mean(pixels))).toBeLessThanOrEqual(0.5);
  });
});

it('resizes every image of every shard and keeps the labels', () => {
  const pixels = [image(2, 2, 1, () => 8), image(2, 2, 1, (i) => i), image(2, 2, 1, (i) => 4 * i)];
  const shards = [Uint8Array.of(...pixels[0]!, ...pixels[1]!), pixels[2]!];
  const split = { count: 3, imagesPerShard: 2, shards, labels: Uint16Array.of(0, 1, 0) };
  const resized = resizeSplit(split, { height: 2, width: 2, channels: 1 }, { height: 1, width: 1 });
  expect(resized).toEqual({ ...split, shards: [Uint8Array.of(8, 2), Uint8Array.of(6)] });
});
