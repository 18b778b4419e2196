import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toyData } from '../test/toy-data.js';
import { foldCounts, runSplits, stratifiedFold, stratifiedSplit, validationCounts } from './splits.js';

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

describe('stratifiedFold', () => {
  it('deals out every image once, evenly, class by class, as foldCounts says', () => {
    const someLabels = fc.array(fc.nat(4), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(someLabels, fc.integer({ min: 2, max: 9 }), fc.nat(1000), (list, folds, seed) => {
        const labels = Uint16Array.from(list);
        const counts = Array.from({ length: 5 }, (_, c) => list.filter((label) => label === c).length);
        const all = Array.from({ length: folds }, (_, fold) =>
          stratifiedFold(labels, 5, { folds, fold }, seed),
        );
        expect(all.flatMap(({ validation }) => [...validation]).sort((a, b) => a - b)).toEqual(
          list.map((_, i) => i),
        );
        const even = (sizes: number[]) =>
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        even(all.map(({ validation }) => validation.length));
        all.forEach(({ train, validation }, fold) => {
          expect(train.length + validation.length).toBe(list.length);
          const held = counts.map((_, c) => validation.filter((i) => labels[i] === c).length);
          expect(held).toEqual(foldCounts(counts, { folds, fold }));
        });
        for (let c = 0; c < 5; c++)
          even(all.map(({ validation }) => validation.filter((i) => labels[i] === c).length));
      }),
      { seed: 8 },
    );
  });

  it('depends on the seed', () => {
    const labels = Uint16Array.from({ length: 60 }, (_, i) => i % 3);
    const fold = (seed: number) => stratifiedFold(labels, 3, { folds: 4, fold: 1 }, seed).validation;
    expect(fold(1)).toEqual(fold(1));
    expect(fold(1)).not.toEqual(fold(2));
  });
});

const options = { validation: { fraction: 0.1 }, crossValidation: null, seed: 0 };

describe('runSplits', () => {
  it('holds out the fold that is named, whatever other splits there are', () => {
    const { data } = toyData({ train: 30, validation: 9, test: 6 });
    const splits = runSplits(data, { ...options, crossValidation: { folds: 3, fold: 2 } });
    expect(splits.train).toHaveLength(20);
    expect(splits.validation.split).toBe('train');
    expect(splits.validation.indices).toHaveLength(10);
    expect(splits.final).toEqual({ split: 'test', indices: null });
  });

  it.each([
    [{ train: 30, validation: 9, test: 6 }, 30, 'validation', 'test'],
    [{ train: 30, validation: 9 }, 30, 'validation', 'validation'],
    [{ train: 30, test: 6 }, 27, 'train', 'test'],
    [{ train: 30 }, 27, 'train', 'train'],
  ])('of %j', (counts, train, validation, final) => {
    const splits = runSplits(toyData(counts).data, options);
    expect(splits.train).toHaveLength(train);
    expect(splits.validation.split).toBe(validation);
    expect(splits.final.split).toBe(final);
    if (final === validation) expect(splits.final).toEqual(splits.validation);
  });
});
