import { describe, expect, it } from 'vitest';
import { compileProgram } from './compile.js';
import type { DatasetFacts } from './dataset-facts.js';
import { initialState, orthonormal } from './initializers.js';
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
const compile = (initializer: string) => {
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

  it.each([
    ['he-uniform', Math.sqrt(2 / 576), Math.sqrt(6 / 576)],
    ['xavier', Math.sqrt(2 / (576 + 1152)), null],
    ['xavier-uniform', Math.sqrt(2 / (576 + 1152)), Math.sqrt(6 / (576 + 1152))],
    ['lecun', Math.sqrt(1 / 576), null],
    ['lecun-uniform', Math.sqrt(1 / 576), Math.sqrt(3 / 576)],
  ] as const)('draws %s weights of the right spread', (initializer, deviation, bound) => {
    const { data } = initialState(compile(initializer), 0).get('model.conv2.weight')!;
    expect(moments(data).deviation).toBeCloseTo(deviation, 3);
    const most = Math.max(...data.map(Math.abs));
    if (bound === null) expect(most).toBeGreaterThan(3 * deviation);
    else expect(most / bound).toBeCloseTo(1, 3);
  });

  it('makes orthogonal weights, by rows where there are fewer of them, else by columns', () => {
    const state = initialState(compile('orthogonal'), 0);
    const dot = (name: string, stride: number, step: number, length: number, i: number, j: number) => {
      const { data } = state.get(`model.${name}.weight`)!;
      let sum = 0;
      for (let k = 0; k < length; k++) sum += data[i * stride + k * step]! * data[j * stride + k * step]!;
      return sum;
    };
    expect(dot('conv2', 576, 1, 576, 3, 3)).toBeCloseTo(2, 5);
    expect(dot('conv2', 576, 1, 576, 3, 90)).toBeCloseTo(0, 5);
    expect(dot('conv1', 1, 27, 64, 5, 5)).toBeCloseTo(2, 5); // 64 rows of 27: columns
    expect(dot('conv1', 1, 27, 64, 5, 20)).toBeCloseTo(0, 5);
  });

  it('makes vectors orthonormal to rounding', () => {
    let seed = 1;
    const vectors = orthonormal(6, 6, () => Math.sin(seed++ * 12.9898) * 3);
    for (let i = 0; i < 6; i++)
      for (let j = 0; j < 6; j++) {
        let sum = 0;
        for (let k = 0; k < 6; k++) sum += vectors[i * 6 + k]! * vectors[j * 6 + k]!;
        expect(sum).toBeCloseTo(i === j ? 1 : 0, 12);
      }
  });

  it('lets the first filters of a convolution hand on their channel', () => {
    const { data } = initialState(compile('dirac'), 0).get('model.conv2.weight')!; // [128, 64, 3, 3]
    for (const [filter, channel] of [
      [0, 0],
      [63, 63],
    ] as const) {
      const kernel = data.slice(filter * 576, (filter + 1) * 576);
      expect(kernel[channel * 9 + 4]).toBe(1);
      expect(Array.from(kernel).reduce((sum, x) => sum + Math.abs(x), 0)).toBe(1);
    }
    expect(Math.max(...data.slice(64 * 576).map(Math.abs))).toBeLessThanOrEqual(1 / 24);
    expect(moments(data.slice(64 * 576)).deviation).toBeGreaterThan(0.02);
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
