import { describe, expect, it } from 'vitest';
import { forkedPosition, forkedState, forkProblems, withWeightsOf } from './fork.js';
import { Recipe } from './recipe.js';
import { resolveRecipe } from './resolve.js';

const facts = {
  ...{ id: 'ds_1', height: 8, width: 8, channels: 1, classes: ['a', 'b'], mean: [0], standardDeviation: [1] },
  counts: { train: [40, 40] },
};
const other = { ...facts, id: 'ds_2', counts: { train: [10, 10] } };
const side = (change: object = {}, on = facts) => ({
  recipe: resolveRecipe(
    Recipe.parse({ dataset: on.id, architecture: { kind: 'mlp' }, epochs: 4, batchSize: 8, ...change }),
    on,
  ).recipe,
  facts: on,
});
const paths = (change: object, keep: 'state' | 'weights', step = 9, on = facts) =>
  forkProblems(side(), side(change, on), keep, step).map(({ path }) => path.join('.'));

describe('a fork', () => {
  it('may change what the state does not depend on', () => {
    const change = {
      optimizer: { kind: 'adam', learningRate: 1e-5 },
      schedule: [{ kind: 'cosine' }],
      augmentation: [{ kind: 'horizontal-flip' }],
      gradientClip: { norm: 1 },
      epochs: 9,
    };
    expect(paths(change, 'state')).toEqual([]);
  });

  it.each([
    [{ batchSize: 4 }, ['batchSize']],
    [{ seed: 7, validation: { fraction: 0.2 } }, ['seed', 'validation']],
    [{ optimizer: { kind: 'sgd' } }, ['optimizer.kind']],
    [{ ema: { decay: 0.9 } }, ['ema']],
    [{ architecture: { kind: 'mlp', hidden: [3] } }, ['architecture']],
    [{ loss: { kind: 'binary-cross-entropy' } }, ['architecture']],
    [{ epochs: 1 }, ['epochs']],
  ])('that keeps the state is refused %j', (change, expected) => {
    expect(paths(change, 'state')).toEqual(expected);
  });

  it('that keeps the weights alone needs only a network in which they fit', () => {
    expect(
      paths({ batchSize: 4, seed: 7, optimizer: { kind: 'sgd' }, epochs: 1 }, 'weights', 9, other),
    ).toEqual([]);
    expect(paths({ architecture: { kind: 'mlp', hidden: [3] } }, 'weights')).toEqual(['architecture']);
    expect(
      paths({}, 'weights', 9, { ...facts, classes: ['a', 'b', 'c'], counts: { train: [9, 9, 9] } }),
    ).toEqual(['architecture']);
  });

  it('forgets what means something else under the new recipe', () => {
    const { recipe } = side();
    expect(forkedState(recipe, recipe, 'state')).toEqual({ keep: 'state', schedule: true, best: true });
    const { recipe: changed } = side({ schedule: [{ kind: 'cosine' }], loss: { kind: 'mse' } });
    expect(forkedState(recipe, changed, 'state')).toEqual({ keep: 'state', schedule: false, best: false });
    expect(forkedState(recipe, recipe, 'weights')).toMatchObject({ schedule: false, best: false });
  });
});

describe('the beginning of a fork', () => {
  const best = { epoch: 1, step: 10, validationLoss: 1, validationAccuracy: 0.5 };
  const position = {
    ...{ step: 12, epoch: 1, partial: { samples: 16, lossSum: 3, correct: 7 }, best, staleEpochs: 3 },
    schedule: { '0': { scale: 0.1 } },
    rangeTest: { steps: 12, mean: 3, best: 2 },
  };
  const metadata = {
    ...{ format: 'ravine-checkpoint-1' as const, role: 'last' as const, recipeHash: 'x', engine: 'e' },
    ...{ precision: 'fp32' as const, position },
  };
  const tensors = new Map([['model.a', { shape: [2], data: Float32Array.of(1, 2) }]]);
  const checkpoint = { metadata, tensors } as unknown as Parameters<typeof withWeightsOf>[0];

  it('stands where the checkpoint stands, or nowhere yet', () => {
    const rangeTest = { steps: 0, mean: 0, best: null }; // begins anew: a test that was over would train nothing
    const kept = { keep: 'state' as const, schedule: true, best: true, checkpoint };
    expect(forkedPosition(kept)).toEqual({ ...position, staleEpochs: 0, rangeTest });
    expect(forkedPosition({ ...kept, schedule: false, best: false })).toEqual({
      ...position,
      ...{ staleEpochs: 0, best: null, schedule: {}, rangeTest },
    });
    expect(forkedPosition({ ...kept, keep: 'weights' })).toBeNull();
  });

  it('takes weights that fit, and names one that does not', () => {
    const state = (length: number) =>
      new Map([['model.a', { shape: [length], data: new Float32Array(length) }]]);
    expect(withWeightsOf(checkpoint, state(2))).toEqual(tensors);
    expect(() => withWeightsOf(checkpoint, state(3))).toThrow(/model.a is of 2 .* must be of 3/);
    expect(() =>
      withWeightsOf(checkpoint, new Map([['model.b', { shape: [1], data: new Float32Array(1) }]])),
    ).toThrow(/model.b is not there/);
  });
});
