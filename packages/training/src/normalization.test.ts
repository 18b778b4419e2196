import { expect, it } from 'vitest';
import { compileProgram } from './compile.js';
import type { DatasetFacts } from './dataset-facts.js';
import { Recipe, ResolvedRecipe } from './recipe.js';
import { resolveRecipe } from './resolve.js';
import { SpecError } from './spec-error.js';

const facts = (channels: number): DatasetFacts => ({
  id: 'ds_1',
  height: 8,
  width: 8,
  channels,
  classes: ['a', 'b'],
  counts: { train: [9, 9] },
  mean: new Array(channels).fill(0.3),
  standardDeviation: new Array(channels).fill(0.2),
});
const resolve = (options: object, channels = 3) =>
  resolveRecipe(Recipe.parse({ dataset: 'ds_1', preset: 'shapes', ...options }), facts(channels)).recipe;

it.each([
  [{}, [0.3, 0.3, 0.3], [0.2, 0.2, 0.2]],
  [{ normalization: 'dataset' }, [0.3, 0.3, 0.3], [0.2, 0.2, 0.2]],
  [{ normalization: 'imagenet' }, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]],
  [{ normalization: 'none' }, [0, 0, 0], [1, 1, 1]],
])('%j gives the program its numbers', (options, mean, standardDeviation) => {
  const { normalization } = compileProgram(resolve(options), facts(3), 'fp32');
  expect(normalization).toEqual({ mean, standardDeviation });
});

it('refuses the statistics of RGB images for gray ones', () => {
  expect(() => resolve({ normalization: 'imagenet' }, 1)).toThrow(SpecError);
  try {
    resolve({ normalization: 'imagenet' }, 1);
  } catch (error) {
    expect((error as SpecError).issues).toEqual([
      { path: ['normalization'], message: expect.stringContaining('1 channel') },
    ]);
  }
  expect(resolve({ normalization: 'none' }, 1).normalization).toBe('none');
});

it('a recipe that was stored before there was a choice has the statistics of its dataset', () => {
  const { normalization: _, ...stored } = resolve({});
  expect(ResolvedRecipe.parse(stored)).toEqual({ ...stored, normalization: 'dataset' });
  expect(resolveRecipe(Recipe.parse(stored), facts(3)).recipe.normalization).toBe('dataset');
});
