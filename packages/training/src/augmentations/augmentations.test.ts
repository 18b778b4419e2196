import { describe, expect, it } from 'vitest';
import { Augmentation, drawAugmentations } from './index.js';

const list = [
  { kind: 'random-crop', padding: 2 },
  { kind: 'horizontal-flip' },
  { kind: 'vertical-flip' },
].map((o) => Augmentation.parse(o));
const image = { height: 9, width: 12 };
const samples = Int32Array.from({ length: 4000 }, (_, i) => i);

describe('drawAugmentations', () => {
  const [crop, horizontal, vertical] = drawAugmentations(list, 1, 0, samples, image);

  it('shifts by every amount in range about equally often', () => {
    if (crop?.kind !== 'random-crop') throw new Error('not a crop');
    expect(crop.offsets).toHaveLength(8000);
    for (let shift = 0; shift <= 4; shift++) {
      const share = crop.offsets.filter((offset) => offset === shift).length / 8000;
      expect(Math.abs(share - 0.2)).toBeLessThan(0.02);
    }
  });

  it('flips about the asked share, each direction on its own', () => {
    if (horizontal?.kind !== 'horizontal-flip' || vertical?.kind !== 'vertical-flip')
      throw new Error('not flips');
    const share = (flips: Uint8Array) => flips.reduce((sum, flip) => sum + flip, 0) / flips.length;
    expect(Math.abs(share(horizontal.flips) - 0.5)).toBeLessThan(0.03);
    const both = horizontal.flips.map((flip, i) => flip & (vertical.flips[i] as number));
    expect(Math.abs(share(both) - 0.25)).toBeLessThan(0.03);
    const never = drawAugmentations(
      [Augmentation.parse({ kind: 'vertical-flip', probability: 0 })],
      1,
      0,
      samples,
      image,
    );
    expect(never[0]).toMatchObject({ flips: new Uint8Array(4000) });
  });

  it("draws depend on the sample and the epoch, not on the sample's batch", () => {
    const alone = drawAugmentations(list, 1, 0, Int32Array.of(17), image);
    const [cropAlone] = alone;
    if (crop?.kind !== 'random-crop' || cropAlone?.kind !== 'random-crop') throw new Error('not a crop');
    expect([...cropAlone.offsets]).toEqual([...crop.offsets.slice(34, 36)]);
    expect(drawAugmentations(list, 1, 1, samples, image)).not.toEqual(
      drawAugmentations(list, 1, 0, samples, image),
    );
  });
});
