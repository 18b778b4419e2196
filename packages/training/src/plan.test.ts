import { describe, expect, it } from 'vitest';
import { compileProgram } from './compile.js';
import type { DatasetFacts } from './dataset-facts.js';
import { planTraining } from './plan.js';
import { Recipe } from './recipe.js';
import { resolveRecipe } from './resolve.js';
import { createStepPlanner } from './step-plan.js';

const facts: DatasetFacts = {
  id: 'ds_1',
  height: 28,
  width: 28,
  channels: 1,
  classes: ['a', 'b'],
  counts: { train: [500, 500], validation: [50, 50], test: [50, 50] },
  mean: [0.3],
  standardDeviation: [0.3],
};
const plan = (recipe: object, changes: Partial<DatasetFacts> = {}) =>
  planTraining(Recipe.parse({ dataset: 'ds_1', architecture: { kind: 'mlp' }, ...recipe }), {
    ...facts,
    ...changes,
  });
const codes = (recipe: object, changes: Partial<DatasetFacts> = {}) =>
  plan(recipe, changes).warnings.map(({ code }) => code);

describe('the keys of a step plan', () => {
  it.each([
    [{ kind: 'dropout', rate: 0.5 }, true],
    [{ kind: 'stochastic-depth', rate: 0.5 }, true],
    [{ kind: 'relu' }, false],
  ])('are drawn for each step where a layer drops at random: %j', (layer, drawn) => {
    const layers = [{ kind: 'flatten' }, layer, { kind: 'linear', outFeatures: 'classes' }];
    const asked = Recipe.parse({ dataset: 'ds_1', architecture: { kind: 'layers', layers } });
    const { recipe } = resolveRecipe(asked, facts);
    const program = compileProgram(recipe, facts, 'fp32');
    const { dropoutKeys } = createStepPlanner(recipe, program, Int32Array.of(0, 1, 2)).plan(0, 1);
    expect(dropoutKeys.some((word) => word !== 0)).toBe(drawn);
  });
});

describe('planTraining', () => {
  it('gives the whole curve, the layers and the memory', () => {
    const result = plan({
      batchSize: 100,
      epochs: 2,
      schedule: [{ kind: 'cosine' }],
      optimizer: { kind: 'adam' },
    });
    expect(result).toMatchObject({
      stepsPerEpoch: 10,
      totalSteps: 20,
      trainSamples: 1000,
      validationSamples: 100,
    });
    expect(result.learningRates.steps).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(result.learningRates.values[0]).toBe(0.001);
    expect(result.learningRates.values[10]).toBeCloseTo(0.0005, 12);
    expect(result.layers).toEqual([
      { name: 'flatten1', kind: 'flatten', outputShape: [784], parameters: 0 },
      { name: 'fc1', kind: 'linear', outputShape: [256], parameters: 784 * 256 + 256 },
      { name: 'relu1', kind: 'relu', outputShape: [256], parameters: 0 },
      { name: 'fc2', kind: 'linear', outputShape: [2], parameters: 514 },
    ]);
    expect(result.parameterCount).toBe(201_474);
    expect(result.memory).toMatchObject({
      parametersBytes: 805_896,
      gradientsBytes: 805_896,
      optimizerBytes: 1_611_792,
      activationsBytes: 2 * 4 * 100 * (784 + 784 + 256 + 256 + 2),
    });
    expect(result.warnings).toEqual([]);
  });

  it('thins out the curve of a very long run, with both ends', () => {
    const { learningRates, totalSteps } = plan({ batchSize: 1, epochs: 1000 });
    expect(totalSteps).toBe(1_000_000);
    expect(learningRates.steps).toHaveLength(20_000);
    expect(learningRates.steps[0]).toBe(0);
    expect(learningRates.steps.at(-1)).toBe(999_999);
  });
});

describe('warnings', () => {
  it('about parameter groups name what nothing follows', () => {
    const parameterGroups = { decayNormsAndBiases: false, learningRateFactors: { norm: 2, head: 2 } };
    expect(codes({ parameterGroups, epochs: 2 })).toEqual([
      'weight_decay_unused',
      'learning_rate_factor_unused',
    ]);
    expect(codes({ parameterGroups: { learningRateFactors: { linear: 2 } }, epochs: 2 })).toEqual([]);
  });

  const warmup = (steps: number) => [{ kind: 'warmup', for: { steps } }, { kind: 'cosine' }];
  const run = { batchSize: 100, epochs: 10 }; // 100 steps
  it.each([
    ['warmup_longer_than_run', { ...run, schedule: warmup(101) }, {}],
    ['schedule_not_reached', { ...run, schedule: warmup(100) }, {}],
    ['warmup_long', { ...run, schedule: warmup(21) }, {}],
    ['decay_not_reached', { ...run, schedule: [{ kind: 'step', every: { epochs: 10 } }] }, {}],
    ['decay_not_reached', { ...run, schedule: [{ kind: 'cosine', for: { epochs: 11 } }] }, {}],
    ['decay_not_reached', { ...run, schedule: [{ kind: 'one-cycle', for: { epochs: 11 } }] }, {}],
    ['decay_not_reached', { ...run, schedule: [{ kind: 'multi-step', milestones: [{ epochs: 10 }] }] }, {}],
    ['schedule_depends_on_results', { ...run, schedule: [{ kind: 'reduce-on-plateau' }] }, {}],
    [
      'schedule_depends_on_results',
      { ...run, schedule: [{ kind: 'product', of: [{ kind: 'cosine' }, { kind: 'reduce-on-plateau' }] }] },
      {},
    ],
    ['batch_larger_than_dataset', { batchSize: 2000 }, {}],
    ['last_batch_of_one', { architecture: { kind: 'leedl-cnn' }, batchSize: 333 }, { height: 32, width: 32 }],
    ['class_imbalance', {}, { counts: { ...facts.counts, train: [500, 100] } }],
    ['class_without_images', {}, { counts: { ...facts.counts, train: [500, 0] } }],
    ['validation_fraction_unused', { validation: { fraction: 0.2 } }, {}],
    ['no_test_split', {}, { counts: { train: [500, 500] } }],
    ['learning_rate_high', { optimizer: { kind: 'adam', learningRate: 0.1 } }, {}],
    ['early_stopping_cannot_act', { epochs: 5, earlyStopping: { patience: 4 } }, {}],
  ])('%s for %j', (code, recipe, changes) => {
    expect(codes(recipe, changes)).toContain(code);
  });

  it.each([
    [{ ...run, schedule: warmup(20) }],
    [{ ...run, schedule: [{ kind: 'step', every: { epochs: 5 } }] }],
    [{ ...run, schedule: [{ kind: 'one-cycle' }] }],
    [{ preset: 'fashion-cnn' }],
    [{ epochs: 5, earlyStopping: { patience: 3 } }],
  ])('none for %j', (recipe) => {
    expect(codes({ ...recipe })).toEqual([]);
  });

  it('point into the recipe', () => {
    const [warning] = plan({ ...run, schedule: warmup(50) }).warnings;
    expect(warning?.pointer).toBe('/schedule/0');
  });
});
