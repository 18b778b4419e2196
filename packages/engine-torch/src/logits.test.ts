import type { AugmentationDraws } from '@ravine/training';
import { expect, it } from 'vitest';
import { describeNative, distance, imageOf, programFor, roughState, withSession } from '../test/harness.js';
import { referenceForward } from '../test/reference.js';
import { data, layers, size } from '../test/small-network.js';

describeNative('logits', () => {
  const program = programFor(layers, size, { precision: 'fp64' });
  const start = roughState(program);
  const indices = Int32Array.of(7, 0, 7, 12, 3);
  const bytes = size.height * size.width * size.channels;

  /** Mirrors one image left–right. */
  const mirror = (pixels: Uint8Array): Uint8Array =>
    Uint8Array.from(pixels, (_, i) => {
      const [pixel, channel] = [Math.floor(i / size.channels), i % size.channels];
      const [row, column] = [Math.floor(pixel / size.width), pixel % size.width];
      return pixels[(row * size.width + size.width - 1 - column) * size.channels + channel]!;
    });
  const flips = Uint8Array.of(0, 1, 1, 0, 1);
  const images = [...indices].map((index, i) => {
    const image = imageOf(data, 'test', index);
    return flips[i] ? mirror(image) : image;
  });
  const expected = referenceForward(program, start, images, { training: false }).logits.flatMap((z) => [
    ...z,
  ]);
  const augmentation: AugmentationDraws[] = [{ kind: 'horizontal-flip', flips }];

  it('are those of the augmented images, whatever the batch', () =>
    withSession(program, data, async (session) => {
      await session.restore(start);
      for (const batchSize of [1, 2, 64]) {
        const logits = await session.logits({ split: 'test', indices }, { augmentation, batchSize });
        expect(logits).toHaveLength(5 * size.classes);
        expect(distance(logits, expected)).toBeLessThan(1e-9);
      }
      const all = await session.logits({ split: 'test', indices: null }, { augmentation: [], batchSize: 8 });
      expect(all).toHaveLength(data.splits.test!.count * size.classes);
    }));

  it('of images that are given are those of the same images in a split', () =>
    withSession(program, data, async (session) => {
      await session.restore(start);
      const pixels = Uint8Array.from([...indices].flatMap((index) => [...imageOf(data, 'test', index)]));
      const logits = await session.logits({ pixels, count: 5 }, { augmentation, batchSize: 3 });
      expect(distance(logits, expected)).toBeLessThan(1e-9);
    }));

  it('refuse draws and images that do not fit, and end when aborted', () =>
    withSession(program, data, async (session) => {
      await session.restore(start);
      const view = { split: 'test', indices } as const;
      const few: AugmentationDraws[] = [{ kind: 'horizontal-flip', flips: new Uint8Array(4) }];
      await expect(session.logits(view, { augmentation: few, batchSize: 2 })).rejects.toThrow(
        '4 draws for 5 samples',
      );
      const short = { pixels: new Uint8Array(bytes), count: 2 };
      await expect(session.logits(short, { augmentation: [], batchSize: 2 })).rejects.toThrow(
        'are not 2 images',
      );
      const aborted = AbortSignal.abort(new Error('enough'));
      await expect(session.logits(view, { augmentation: [], batchSize: 2, signal: aborted })).rejects.toThrow(
        'enough',
      );
    }));
});
