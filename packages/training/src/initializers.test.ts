import { describe, expect, it } from 'vitest';
import { compileProgram } from './compile.js';
import type { DatasetFacts } from './dataset-facts.js';
import { initialState } from './initializers.js';
import { Recipe } from './recipe.js';
import { resolveRecipe } from './resolve.js';

const facts: DatasetFacts = {
  id: 'ds_1',
  height: 16,
  width: 16,
  channels: 3,
  classes: ['a', 'b'],
  counts: { train: [50, 50] },
  mean: [0.3, 0.4, 0.5],
  standardDeviation: [0.3, 0, 0.1],
};
const compile = (initializer: 'pytorch' | 'he') => {
  const conv = (outChannels: number) => ({ kind: 'conv2d', outChannels });
  const layers = [
    ...[conv(64), { kind: 'batch-norm' }, conv(128), conv(128), conv(128)],
    ...[{ kind: 'global-average-pool' }, { kind: 'linear', outFeatures: 'classes' }],
  ];
  const recipe = Recipe.parse({ dataset: 'ds_1', architecture: { kind: 'layers', layers, initializer } });
  return compileProgram(resolveRecipe(recipe, facts).recipe, facts, 'fp32');
};
const moments = (data: ArrayLike<number>) => {
  const values = Array.from(data);
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) };
};

describe('initialState', () => {
  it("draws PyTorch's uniform weights and biases", () => {
    const state = initialState(compile('pytorch'), 0);
    const bound = 1 / Math.sqrt(64 * 9);
    const weight = state.get('model.conv2.weight')!;
    expect(weight.shape).toEqual([128, 64, 3, 3]);
    expect(Math.max(...weight.data.map(Math.abs))).toBeLessThanOrEqual(bound);
    expect(moments(weight.data).deviation).toBeCloseTo(bound / Math.sqrt(3), 3);
    expect(Math.max(...state.get('model.conv2.bias')!.data)).toBeGreaterThan(bound / 2);
    expect([...state.get('model.norm1.weight')!.data]).toEqual(Array(64).fill(1));
    expect([...state.get('model.norm1.runningVariance')!.data]).toEqual(Array(64).fill(1));
    expect([...state.get('model.norm1.runningMean')!.data]).toEqual(Array(64).fill(0));
  });

  it("draws He's normal weights with zero biases", () => {
    const state = initialState(compile('he'), 0);
    const { mean, deviation } = moments(state.get('model.conv2.weight')!.data);
    expect(Math.abs(mean)).toBeLessThan(0.001);
    expect(deviation).toBeCloseTo(Math.sqrt(2 / (64 * 9)), 3);
    expect([...state.get('model.conv2.bias')!.data]).toEqual(Array(128).fill(0));
  });

  it('gives the same values for the same seed only, and different ones for each parameter', () => {
    const weights = (seed: number, name = 'conv3') =>
      initialState(compile('pytorch'), seed).get(`model.${name}.weight`)!.data;
    expect(weights(1)).toEqual(weights(1));
    expect(weights(1)).not.toEqual(weights(2));
    expect([...weights(1, 'conv3').slice(0, 4)]).not.toEqual([...weights(1, 'conv4').slice(0, 4)]);
  });
});

it('a program never divides by a deviation of 0', () => {
  expect(compile('he').normalization.standardDeviation).toEqual([0.3, 1 / 255, 0.1]);
});
