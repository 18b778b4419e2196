import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../test/reference-engine.js';
import { augment, imageOf } from '../../test/reference-pixels.js';
import { toyData } from '../../test/toy-data.js';
import { compileProgram } from '../compile.js';
import type { SplitView } from '../engine.js';
import { initialState } from '../initializers.js';
import { logSoftmax } from '../losses/definition.js';
import { Recipe, type RecipeInput } from '../recipe.js';
import { resolveRecipe } from '../resolve.js';
import { runTraining } from '../trainer.js';
import { evaluateMembers, evaluateViews, rank, viewLogits } from './evaluate.js';
import { TestTimeAugmentation, testTimeAugmentations, testTimeViews } from './index.js';
import { createOutputMean } from './output-mean.js';

type Asked = NonNullable<RecipeInput['testTimeAugmentation']>;
const augmentation = [{ kind: 'random-crop' as const, padding: 1, mode: 'reflect' as const }];
const { data, facts } = toyData({ train: 9, test: 6 });
const recipeOf = (testTimeAugmentation: Asked | null, more: Partial<RecipeInput> = {}) =>
  resolveRecipe(
    Recipe.parse({
      dataset: facts.id,
      architecture: { kind: 'mlp', hidden: [5] },
      augmentation,
      seed: 3,
      testTimeAugmentation,
      ...more,
    }),
    facts,
  ).recipe;
const context = { height: 4, width: 4, augmentation: recipeOf(null).augmentation, seed: 3 };
const viewsOf = (asked: Asked) => testTimeViews(TestTimeAugmentation.parse(asked), context);

/** A session with a network that is not symmetric. */
async function open() {
  const program = compileProgram(recipeOf(null), facts, 'fp64');
  const session = await createReferenceEngine().open(program, data, { device: 'cpu', threads: 1 });
  await session.restore(initialState(program, 1));
  return { program, session };
}

const asked: Asked[] = [
  { kind: 'augmented' },
  { kind: 'augmented', passes: 3, weight: 1, augmentation: [{ kind: 'vertical-flip' }] },
  { kind: 'flips' },
  { kind: 'flips', axes: 'both' },
  { kind: 'shifts' },
  { kind: 'shifts', flip: false },
];

describe('views', () => {
  it('has a test for every kind', () =>
    expect(new Set(asked.map(({ kind }) => kind))).toEqual(new Set(Object.keys(testTimeAugmentations))));

  it.each(asked)('of %j have weights that sum to 1 and do not depend on the batch', (options) => {
    const views = viewsOf(options);
    expect(views.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    for (const { draw } of views) {
      const one = draw(Int32Array.of(5));
      draw(Int32Array.of(2, 5)).forEach((draws, place) => {
        const pick = (array: Int32Array | Uint8Array, each: number) => [...array.slice(-each)];
        const [kind, alone] = [draws.kind, one[place]!];
        expect(alone.kind).toBe(kind);
        if ('offsets' in draws && 'offsets' in alone)
          expect(pick(draws.offsets, 2)).toEqual([...alone.offsets]);
        if ('flips' in draws && 'flips' in alone) expect(pick(draws.flips, 1)).toEqual([...alone.flips]);
      });
    }
  });

  it('airbench: six views; the weights are half within mirror and shift', () => {
    const pixels = Float64Array.from({ length: 16 }, (_, i) => i);
    const seen = viewsOf({ kind: 'shifts' }).map(({ weight, draw }) => ({
      weight,
      first: augment(pixels, draw(Int32Array.of(0)), 0, 4, 4)[0],
    }));
    // The corner: of the image, its mirror; the padded image's first window begins at (−1, −1), which mirrors (1, 1).
    expect(seen).toEqual([
      { weight: 0.25, first: 0 },
      { weight: 0.25, first: 3 },
      { weight: 0.125, first: 5 },
      { weight: 0.125, first: 6 }, // the window's last column: row −1 and column 2
      { weight: 0.125, first: 5 },
      { weight: 0.125, first: 6 }, // column 4 mirrors column 2
    ]);
  });

  it('of the recipe itself are drawn like its training images, from a stream of their own', () => {
    const [plain, first, second] = viewsOf({ kind: 'augmented', passes: 2 });
    const samples = Int32Array.from({ length: 40 }, (_, i) => i);
    expect(plain).toMatchObject({ weight: 0.5 });
    expect(plain!.draw(samples)).toEqual([]);
    expect(first!.weight).toBe(0.25);
    expect(first!.draw(samples)).toMatchObject([{ kind: 'random-crop', padding: 1, mode: 'reflect' }]);
    expect(first!.draw(samples)).toEqual(first!.draw(samples));
    expect(first!.draw(samples)).not.toEqual(second!.draw(samples));
  });

  it.each([
    [{ kind: 'shifts', pixels: 4 }, {}, 'testTimeAugmentation.pixels'],
    [{ kind: 'augmented' }, { augmentation: [] }, 'testTimeAugmentation.augmentation'],
    [
      { kind: 'augmented', augmentation: [{ kind: 'random-crop', padding: 9 }] },
      {},
      'testTimeAugmentation.augmentation.0.padding',
    ],
    [{ kind: 'augmented' }, { augmentation: [{ kind: 'mixup' }] }, 'testTimeAugmentation.augmentation'],
    [{ kind: 'augmented', augmentation: [{ kind: 'cutmix' }] }, {}, 'testTimeAugmentation.augmentation.0'],
  ] as [Asked, Partial<RecipeInput>, string][])('that %j cannot give are refused', (options, more, path) => {
    expect(() => recipeOf(options, more)).toThrow(
      expect.objectContaining({
        issues: [expect.objectContaining({ path: expect.toSatisfy((p: unknown[]) => p.join('.') === path) })],
      }),
    );
  });
});

describe('the mean over views', () => {
  const view: SplitView = { split: 'test', indices: Int32Array.of(4, 1, 5) };
  const samples = view.indices!;

  it.each(asked)('of %j is the weighted sum of the outputs of each augmented image', async (options) => {
    const { session } = await open();
    const views = viewsOf(options);
    const settings = { views, average: 'logits', classes: 3, batchSize: 2 } as const;
    const mean = await viewLogits(session, view, samples, settings);
    const expected = new Float64Array(9);
    for (const { weight, draw } of views)
      for (const [i, sample] of [...samples].entries()) {
        const image = augment(imageOf(data, 'test', sample), draw(samples), i, 4, 4);
        const pixels = Uint8Array.from(image); // one channel: both layouts are one
        const z = await session.logits({ pixels, count: 1 }, { augmentation: [], batchSize: 1 });
        z.forEach((value, c) => {
          expected[3 * i + c]! += weight * value;
        });
      }
    for (const [i, value] of mean.entries()) expect(value).toBeCloseTo(expected[i]!, 10);
  });

  it('with one plain view is the plain evaluation', async () => {
    const { session, program } = await open();
    const labels = Uint16Array.from(samples, (i) => data.splits.test!.labels[i]!);
    const plain = await session.evaluate(view, { topK: 2, batchSize: 2 });
    const views = [{ weight: 1, draw: () => [] }];
    const settings = { views, classes: 3, batchSize: 2, topK: 2, loss: program.loss };
    for (const average of ['logits', 'probabilities'] as const) {
      const seen = await evaluateViews(session, view, labels, { ...settings, average });
      expect(seen.ranked).toEqual(plain.ranked);
      for (const [i, loss] of seen.losses.entries()) expect(loss).toBeCloseTo(plain.losses[i]!, 5);
      for (const [i, p] of seen.probabilities.entries()) expect(p).toBeCloseTo(plain.probabilities[i]!, 6);
    }
  });
});

it('models together are evaluated by the mean of what each gives', async () => {
  const view: SplitView = { split: 'test', indices: Int32Array.of(4, 1, 5) };
  const labels = Uint16Array.from(view.indices!, (i) => data.splits.test!.labels[i]!);
  const { session } = await open();
  const plain = { session, views: [{ weight: 1, draw: () => [] }], average: 'logits' as const };
  const mirrored = { ...plain, views: viewsOf({ kind: 'flips' }) };
  const options = { classes: 3, batchSize: 2, topK: 3, combination: 'probabilities' } as const;
  const seen = await evaluateMembers(
    [
      { ...plain, weight: 0.75 },
      { ...mirrored, weight: 0.25 },
    ],
    view,
    labels,
    options,
  );
  const settings = { classes: 3, batchSize: 2, average: 'logits' } as const;
  const mean = createOutputMean('probabilities', 3, 3);
  mean.add(await viewLogits(session, view, view.indices!, { ...plain, ...settings }), 0.75);
  mean.add(await viewLogits(session, view, view.indices!, { ...mirrored, ...settings }), 0.25);
  for (let i = 0; i < 3; i++) {
    const row = mean.logits().subarray(3 * i, 3 * i + 3); // logarithms of probabilities
    expect(seen.losses[i]).toBeCloseTo(-row[labels[i]!]!, 5);
    expect(seen.ranked[3 * i]).toBe(row.indexOf(Math.max(...row)));
  }
});

describe('combining outputs', () => {
  const combine = (
    combination: Parameters<typeof createOutputMean>[0],
    outputs: number[][],
    weights: number[],
  ) => {
    const mean = createOutputMean(combination, 1, outputs[0]!.length);
    for (const [i, z] of outputs.entries()) mean.add(Float64Array.from(z), weights[i]!);
    return [...logSoftmax(mean.logits())].map(Math.exp);
  };
  const close = (seen: number[], expected: number[], digits = 10) => {
    for (const [i, p] of seen.entries()) expect(p).toBeCloseTo(expected[i]!, digits);
  };
  const [log2, log3] = [Math.log(2), Math.log(3)];

  it('by hand', () => {
    // Probabilities (1/3, 2/3) and (3/4, 1/4).
    const outputs = [
      [0, log2],
      [log3, 0],
    ];
    close(combine('probabilities', outputs, [0.5, 0.5]), [13 / 24, 11 / 24]);
    const odds = Math.sqrt(3 / 2);
    close(combine('logits', outputs, [0.5, 0.5]), [odds / (1 + odds), 1 / (1 + odds)]);
    close(combine('vote', outputs, [0.25, 0.75]), [0.75, 0.25], 5);
  });

  it('keeps a probability that is too small for a number', () => {
    for (const combination of ['probabilities', 'vote'] as const) {
      const mean = createOutputMean(combination, 1, 2);
      for (const z of [-2000, -3000]) mean.add(Float64Array.of(z, 0), 0.5);
      const [log] = mean.logits();
      expect(log).toBeCloseTo(-2000 - log2 + (combination === 'vote' ? Math.log(1e-6) : 0), 8);
    }
  });

  it('a tie of votes goes to the more probable class, and no more', () => {
    const [first, second] = combine(
      'vote',
      [
        [0, 0.1],
        [2, 0],
      ],
      [0.5, 0.5],
    );
    expect(first).toBeGreaterThan(second!);
    expect(first! - second!).toBeLessThan(1e-5);
  });

  it('any way, models that agree are answered for, and probabilities sum to 1', () => {
    const outputs = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(outputs, fc.constantFrom('logits', 'probabilities', 'vote'), (z, combination) => {
        const seen = combine(combination as 'vote', [z, z], [0.3, 0.7]);
        expect(seen.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
        if (combination !== 'vote') close(seen, [...logSoftmax(Float64Array.from(z))].map(Math.exp), 9);
        const best = rank(Float64Array.from(seen, Math.log), 1).classes[0]!;
        expect(z[best]).toBeCloseTo(Math.max(...z), 9);
      }),
      { seed: 4 },
    );
  });
});

describe('a run', () => {
  const evaluationOf = async (testTimeAugmentation: Asked | null) => {
    const recipe = recipeOf(testTimeAugmentation, { epochs: 2, batchSize: 4 });
    const program = compileProgram(recipe, facts, 'fp64');
    const place = { engine: createReferenceEngine(), device: 'cpu', threads: 1, clock: () => 0 };
    const outcome = await runTraining({
      ...place,
      ...{ recipe, program, data, resume: null, signal: new AbortController().signal, report: () => {} },
    });
    if (outcome.status !== 'succeeded') throw new Error(outcome.status);
    return outcome.evaluation;
  };

  it('evaluates with views beside the plain evaluation, which stays as it was', async () => {
    const { testTimeAugmentation, ...rest } = await evaluationOf({ kind: 'augmented', passes: 3 });
    expect({ ...rest, testTimeAugmentation: null }).toEqual(await evaluationOf(null));
    expect(testTimeAugmentation).toMatchObject({ kind: 'augmented', views: 4 });
    expect(testTimeAugmentation!.topK.at(-1)).toEqual({ k: 3, accuracy: 1 });
    expect(testTimeAugmentation!.loss).toBeGreaterThan(0);
    expect(testTimeAugmentation!.loss).not.toBe(rest.loss);
  });
});
