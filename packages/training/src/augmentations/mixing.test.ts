import { describe, expect, it } from 'vitest';
import type { MixDraws } from '../engine.js';
import { randomStream } from '../random.js';
import { symmetricBeta } from './beta.js';
import { Augmentation, augmentationProblems, drawMixes } from './index.js';

const image = { height: 28, width: 32 };
const offsets = Int32Array.of(0, 16, 32, 39); // the last batch is smaller
const draw = (options: object, firstStep = 5, at = offsets): MixDraws =>
  drawMixes([Augmentation.parse(options)], { seed: 1, firstStep, offsets: at }, image)[0] as MixDraws;

describe('symmetricBeta', () => {
  // Variance of Beta(a, a): 1 / (4 (2a + 1)); of its distance |λ − ½| for a = 1: uniform, mean ¼.
  it.each([0.05, 0.2, 1, 3, 50])('has the mean and variance of Beta(%d, %d)', (alpha) => {
    const stream = randomStream(3, 77);
    const values = Array.from({ length: 20_000 }, () => symmetricBeta(alpha, stream));
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    const expected = 1 / (4 * (2 * alpha + 1));
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(expected / values.length));
    expect(Math.abs(variance / expected - 1)).toBeLessThan(0.04);
    expect(values.every((x) => x >= 0 && x <= 1)).toBe(true);
  });

  it('is uniform for alpha 1', () => {
    const stream = randomStream(4, 77);
    const deciles = new Array<number>(10).fill(0);
    for (let i = 0; i < 20_000; i++) deciles[Math.floor(symmetricBeta(1, stream) * 10)]! += 1;
    for (const count of deciles) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  it('gives numbers for an alpha so small that gamma draws underflow', () => {
    const stream = randomStream(5, 77);
    const values = Array.from({ length: 1000 }, () => symmetricBeta(1e-4, stream));
    expect(values.every((x) => x >= 0 && x <= 1)).toBe(true);
    expect(values.some((x) => x < 0.01) && values.some((x) => x > 0.99)).toBe(true);
  });
});

describe.each(['mixup', 'cutmix'] as const)('%s', (kind) => {
  it('pairs the images of each step by a permutation, with one share for all', () => {
    const { partners, shares } = draw({ kind, alpha: 1 });
    for (let step = 0; step < 3; step++) {
      const [from, to] = [offsets[step]!, offsets[step + 1]!];
      const places = Array.from({ length: to - from }, (_, i) => from + i);
      expect([...partners.subarray(from, to)].sort((a, b) => a - b)).toEqual(places);
      expect(new Set(shares.subarray(from, to)).size).toBe(1);
    }
    expect(new Set(shares).size).toBe(3);
    expect([...partners.subarray(16, 32)].map((p) => p - 16)).not.toEqual([...partners.subarray(0, 16)]);
  });

  it('draws a share for each image where asked to', () => {
    const { shares } = draw({ kind, alpha: 1, per: 'sample' });
    expect(new Set(shares).size).toBeGreaterThan(20);
  });

  it.each(['batch', 'sample'])('depends on the step, not on how steps are cut into plans, per %s', (per) => {
    const whole = draw({ kind, per });
    const tail = draw({ kind, per }, 6, Int32Array.of(0, 16, 23));
    expect(tail.shares).toEqual(whole.shares.slice(16));
    expect(tail.partners.map((p) => p + 16)).toEqual(whole.partners.slice(16));
    if (tail.kind === 'cutmix' && whole.kind === 'cutmix') expect(tail.boxes).toEqual(whole.boxes.slice(64));
    expect(draw({ kind, per }, 7).shares).not.toEqual(whole.shares);
  });

  it('mixes the asked share of the batches', () => {
    const many = Int32Array.from({ length: 1001 }, (_, i) => 8 * i);
    const mixed = (probability: number) => {
      const { shares } = draw({ kind, alpha: 1, probability, per: 'sample' }, 0, many);
      return Array.from({ length: 1000 }, (_, i) => shares.subarray(8 * i, 8 * i + 8)).filter((batch) =>
        batch.some((share) => share !== 1),
      ).length;
    };
    expect(mixed(0)).toBe(0);
    expect(Math.abs(mixed(0.3) - 300)).toBeLessThan(60);
    expect(mixed(1)).toBeGreaterThan(990);
    const { partners } = draw({ kind, probability: 0 });
    expect([...partners]).toEqual(Array.from({ length: 39 }, (_, i) => i));
  });
});

it("cutmix's shares are the area outside its boxes, which lie within the image", () => {
  const many = Int32Array.of(0, 2000);
  const draws = draw({ kind: 'cutmix', per: 'sample' }, 0, many);
  if (draws.kind !== 'cutmix') throw new Error('not a box');
  for (let i = 0; i < 2000; i++) {
    const [top, left, rows, columns] = [...draws.boxes.subarray(4 * i, 4 * i + 4)] as [
      number,
      number,
      number,
      number,
    ];
    expect(top >= 0 && left >= 0 && rows >= 0 && columns >= 0).toBe(true);
    expect(top + rows <= 28 && left + columns <= 32).toBe(true);
    expect(draws.shares[i]).toBeCloseTo(1 - (rows * columns) / (28 * 32), 12);
  }
  expect(new Set(draws.shares).size).toBeGreaterThan(200);
});

it('a change of single images may not come after a mix', () => {
  const list = ['horizontal-flip', 'mixup', 'vertical-flip', 'cutmix'].map((kind) =>
    Augmentation.parse({ kind }),
  );
  expect(augmentationProblems(list, image)).toEqual([
    { path: [2], message: 'must come before "mixup", which mixes finished images' },
  ]);
  expect(augmentationProblems([list[0]!, list[1]!, list[3]!], image)).toEqual([]);
  expect(Augmentation.safeParse({ kind: 'mixup', alpha: 0 }).success).toBe(false);
});
