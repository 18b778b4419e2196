import { describe, expect, it } from 'vitest';
import type { DatasetFacts } from './dataset-facts.js';
import { presets } from './presets/index.js';
import { Recipe, type RecipeInput, ResolvedRecipe } from './recipe.js';
import { resolveRecipe, runLength } from './resolve.js';
import { SpecError } from './spec-error.js';

const facts = (changes: Partial<DatasetFacts> = {}): DatasetFacts => ({
  id: 'ds_1',
  height: 28,
  width: 28,
  channels: 1,
  classes: ['a', 'b', 'c'],
  counts: { train: [100, 100, 100], test: [10, 10, 10] },
  mean: [0.3],
  standardDeviation: [0.3],
  ...changes,
});

const mlp = { dataset: 'ds_1', architecture: { kind: 'mlp' } } satisfies RecipeInput;
const resolve = (recipe: unknown, dataset = facts()) => resolveRecipe(Recipe.parse(recipe), dataset);
const refused = (recipe: unknown) =>
  Recipe.safeParse(recipe).error?.issues.map((issue) => issue.path.join('.')) ?? [];

function problems(recipe: unknown, dataset: DatasetFacts): string[] {
  try {
    resolve(recipe, dataset);
  } catch (error) {
    if (error instanceof SpecError) return error.issues.map(({ path }) => path.join('.'));
    throw error;
  }
  return [];
}

describe('Recipe', () => {
  it.each([
    [{ dataset: 'ds_1' }, 'architecture'],
    [{ ...mlp, batchSize: 0 }, 'batchSize'],
    [{ ...mlp, batchSize: 1.5 }, 'batchSize'],
    [{ ...mlp, epochs: 0 }, 'epochs'],
    [{ ...mlp, seed: -1 }, 'seed'],
    [{ ...mlp, seed: 2 ** 32 }, 'seed'],
    [{ ...mlp, validation: { fraction: 0.6 } }, 'validation.fraction'],
    [{ ...mlp, precision: 'fp16' }, 'precision'],
    [{ ...mlp, gradientClip: { norm: 0 } }, 'gradientClip.norm'],
    [{ ...mlp, earlyStopping: { metric: 'train.loss', patience: 1 } }, 'earlyStopping.metric'],
    [{ ...mlp, augmentation: [{ kind: 'horizontal-flip', probability: 2 }] }, 'augmentation.0.probability'],
    [{ ...mlp, optimizer: { kind: 'sgd', nesterov: true } }, 'optimizer.nesterov'],
    [{ ...mlp, schedule: [{ kind: 'cosine' }, { kind: 'constant' }] }, 'schedule.0.for'],
    [{ ...mlp, preset: 'resnet' }, 'preset'],
    [{ ...mlp, dataset: 5 }, 'dataset'],
    [{ ...mlp, learningRate: 0.1 }, ''],
    [{ ...mlp, optimizer: { kind: 'adam', lr: 1 } }, 'optimizer'],
    [null, ''],
  ])('%j is refused at "%s"', (recipe, path) => {
    expect(refused(recipe)).toContain(path);
  });

  it('the first fold is 0', () =>
    expect(refused({ ...mlp, crossValidation: { folds: 3, fold: 3 } })).toEqual(['crossValidation.fold']));

  it('lists every problem', () => {
    const bad = { ...mlp, batchSize: 0, epochs: -1, optimizer: { kind: 'adam', beta1: 2 }, seed: 'x' };
    expect(refused(bad)).toEqual(['optimizer.beta1', 'batchSize', 'epochs', 'seed']);
  });
});

describe('resolveRecipe', () => {
  it('fills in every default, and resolving again changes nothing', () => {
    for (const recipe of [mlp, ...Object.keys(presets).map((preset) => ({ dataset: 'ds_1', preset }))]) {
      const first = resolve(recipe);
      expect(ResolvedRecipe.parse(first.recipe)).toEqual(first.recipe);
      expect(resolve(JSON.parse(JSON.stringify(first.recipe)))).toEqual(first);
    }
  });

  it("takes the recipe's field, then the preset's, then the general default", () => {
    const { recipe } = resolve({ dataset: 'ds_1', preset: 'leedl-cnn', epochs: 2 });
    expect(recipe).toMatchObject({
      epochs: 2,
      batchSize: 64,
      gradientClip: { norm: 10 },
      optimizer: { kind: 'adam', learningRate: 3e-4, weightDecay: 1e-5, beta2: 0.999 },
      seed: 0,
      topK: 3,
    });
    expect(recipe).not.toHaveProperty('preset');
    expect(
      resolve({ dataset: 'ds_1', preset: 'leedl-cnn', gradientClip: null }).recipe.gradientClip,
    ).toBeNull();
  });

  it('echoes durations in steps', () => {
    const { recipe } = resolve({
      ...mlp,
      batchSize: 30,
      schedule: [{ kind: 'warmup', for: { epochs: 1 } }, { kind: 'cosine' }],
    });
    expect(recipe.schedule).toEqual([
      { kind: 'warmup', from: 0, to: 1, for: { steps: 9 } },
      { kind: 'cosine', to: 0 },
    ]);
  });

  it('decides about precision only where the device is known', () => {
    const decided = (fastBf16: boolean) =>
      resolveRecipe(Recipe.parse(mlp), facts(), { fastBf16 }).recipe.precision;
    expect(resolve(mlp).recipe.precision).toBe('auto');
    expect(decided(true)).toBe('bf16');
    expect(decided(false)).toBe('fp32');
  });

  it('hashes the content, not the order of keys', () => {
    const { hash } = resolve(mlp);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(resolve(Object.fromEntries(Object.entries(mlp).reverse())).hash).toBe(hash);
    expect(resolve({ ...mlp, seed: 1 }).hash).not.toBe(hash);
  });

  it.each([
    ['one class only', mlp, { classes: ['a'], counts: { train: [10] } }, 'dataset'],
    ['no training images', mlp, { counts: { train: [0, 0, 0] } }, 'dataset'],
    ['nothing to hold out', mlp, { counts: { train: [1, 1, 1] } }, 'validation'],
    [
      'more folds than images',
      { ...mlp, crossValidation: { folds: 7, fold: 6 } },
      { counts: { train: [2, 2, 2] } },
      'crossValidation.folds',
    ],
    [
      'images too small for the network',
      { ...mlp, architecture: { kind: 'leedl-cnn' } },
      { height: 4 },
      'architecture.kind',
    ],
    [
      'padding beyond the image',
      { ...mlp, augmentation: [{ kind: 'random-crop', padding: 28 }] },
      {},
      'augmentation.0.padding',
    ],
    [
      'a batch of one for a normalised vector',
      { dataset: 'ds_1', preset: 'fashion-cnn', batchSize: 269 },
      {},
      'batchSize',
    ],
    [
      'batches of one for a normalised vector',
      { dataset: 'ds_1', preset: 'fashion-cnn', batchSize: 1 },
      {},
      'batchSize',
    ],
    [
      'too many parameters',
      { ...mlp, architecture: { kind: 'mlp', hidden: [8192] } },
      { height: 1024, width: 1024 },
      'architecture',
    ],
    [
      'orthogonal weights that would take minutes',
      { ...mlp, architecture: { kind: 'mlp', hidden: [8192, 4096], initializer: 'orthogonal' } },
      {},
      'architecture.initializer',
    ],
    [
      'too many steps',
      { ...mlp, epochs: 100_000, batchSize: 1 },
      { counts: { train: [100_000, 2, 2] } },
      'epochs',
    ],
  ])('refuses %s', (_, recipe, changes, path) => {
    expect(problems(recipe, facts(changes))).toContain(path);
  });

  it('lists problems of different parts together', () => {
    const recipe = {
      ...mlp,
      architecture: { kind: 'layers', layers: [{ kind: 'relu' }] },
      augmentation: [{ kind: 'random-crop', padding: 100 }],
    };
    expect(problems(recipe, facts())).toEqual(['architecture.layers.0', 'augmentation.0.padding']);
  });
});

describe('runLength', () => {
  const { recipe } = resolve({ ...mlp, batchSize: 64, epochs: 3 });
  it('counts the smaller last batch, after validation is held out', () => {
    expect(runLength(recipe, facts())).toEqual({
      trainSamples: 270,
      validationSamples: 30,
      stepsPerEpoch: 5,
      totalSteps: 15,
    });
  });
  it('counts the fold of cross-validation, whatever other splits there are', () => {
    const counts = { train: [10, 10, 11], validation: [5, 5, 5] };
    const lengths = [0, 1, 2, 3].map((fold) => {
      const { trainSamples, validationSamples } = runLength(
        { ...recipe, crossValidation: { folds: 4, fold } },
        { counts },
      );
      expect(trainSamples + validationSamples).toBe(31);
      return validationSamples;
    });
    expect(lengths).toEqual([8, 8, 8, 7]);
  });
  it('leaves the train split alone when there is a validation split', () => {
    const counts = { train: [100, 100, 100], validation: [5, 5, 5] };
    expect(runLength(recipe, { counts })).toMatchObject({ trainSamples: 300, validationSamples: 15 });
  });
});
