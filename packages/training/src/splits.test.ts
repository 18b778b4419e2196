import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toyData } from '../test/toy-data.js';
import { runSplits, stratifiedSplit, validationCounts } from './splits.js';

describe('stratifiedSplit', () => {
  it('splits every class by the fraction, keeps one on either side, and loses none', () => {
    const someLabels = fc.array(fc.nat(4), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(
        someLabels,
        fc.double({ min: 0.001, max: 0.5, noNaN: true }),
        fc.nat(1000),
        (list, fraction, seed) => {
          const labels = Uint16Array.from(list);
          const { train, validation } = stratifiedSplit(labels, 5, fraction, seed);
          expect([...train, ...validation].sort((a, b) => a - b)).toEqual(list.map((_, i) => i));
          for (let c = 0; c < 5; c++) {
            const inClass = list.filter((label) => label === c).length;
            const held = validation.filter((i) => labels[i] === c).length;
            expect(Math.abs(held - inClass * fraction)).toBeLessThan(1.5);
            if (inClass >= 2) expect(held).toBeGreaterThanOrEqual(1);
            if (inClass >= 1) expect(held).toBeLessThan(inClass);
          }
        },
      ),
      { seed: 6 },
    );
  });

  it('depends on the seed alone', () => {
    const labels = Uint16Array.from({ length: 100 }, (_, i) => i % 3);
    const split = (seed: number) => stratifiedSplit(labels, 3, 0.3, seed).validation;
    expect(split(1)).toEqual(split(1));
    expect(split(1)).not.toEqual(split(2));
  });

  it('holds out as many as validationCounts says', () => {
    expect(validationCounts([100, 10, 2, 1, 0], 0.1)).toEqual([10, 1, 1, 0, 0]);
    expect(validationCounts([3], 0.5)).toEqual([2]);
  });
});

describe('runSplits', () => {
  it.each([
    [{ train: 30, validation: 9, test: 6 }, 30, 'validation', 'test'],
    [{ train: 30, validation: 9 }, 30, 'validation', 'validation'],
    [{ train: 30, test: 6 }, 27, 'train', 'test'],
    [{ train: 30 }, 27, 'train', 'train'],
  ])('of %j', (counts, train, validation, final) => {
    const splits = runSplits(toyData(counts).data, 0.1, 0);
    expect(splits.train).toHaveLength(train);
    expect(splits.validation.split).toBe(validation);
    expect(splits.final.split).toBe(final);
    if (final === validation) expect(splits.final).toEqual(splits.validation);
  });
});
