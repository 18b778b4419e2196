import { describe, expect, it } from 'vitest';
import type { DatasetFacts } from '../dataset-facts.js';
import { planTraining } from '../plan.js';
import { Recipe, type RecipeInput, ResolvedRecipe } from '../recipe.js';
import { resolveRecipe } from '../resolve.js';
import { SpecError } from '../spec-error.js';
import { Ema, emaShare } from './ema.js';
import { clipGradient, GradientClip, programClip } from './gradient-clip.js';
import { GradientNoise, gradientNormal, noiseDeviation, noiseKey } from './gradient-noise.js';
import { planWrappers } from './index.js';
import { Lookahead, lookaheadShare } from './lookahead.js';
import { smallestMicroBatch } from './micro-batches.js';
import { Swa, swaShare } from './swa.js';

const facts: DatasetFacts = {
  id: 'ds_1',
  height: 8,
  width: 8,
  channels: 1,
  classes: ['a', 'b', 'c'],
  counts: { train: [50, 50, 10], validation: [5, 5, 5] },
  mean: [0.3],
  standardDeviation: [0.3],
};
const mlp = {
  dataset: 'ds_1',
  architecture: { kind: 'mlp' },
  batchSize: 20,
  epochs: 3,
} satisfies RecipeInput;
const resolve = (more: object) => resolveRecipe(Recipe.parse({ ...mlp, ...more }), facts).recipe;

function problems(more: object): string[] {
  try {
    resolve(more);
  } catch (error) {
    if (error instanceof SpecError)
      return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw error;
  }
  return [];
}
const refused = (more: object) =>
  Recipe.safeParse({ ...mlp, ...more }).error?.issues.map((issue) => issue.path.join('.')) ?? [];

describe('gradient clipping by hand', () => {
  const clip = (
    options: object,
    gradient: number[],
    weights: number[],
    shape: number[],
    name = 'fc1.weight',
  ) =>
    [
      ...clipGradient(
        programClip(GradientClip.parse(options), [
          { kind: 'linear', name: 'fc2', inputs: [], shape: [2], outFeatures: 2, bias: true },
        ]),
        { name, shape },
        { weights: Float64Array.from(weights), gradient: Float64Array.from(gradient), networkNorm: 10 },
      ),
    ].map((g) => Number(g.toFixed(6)));

  it('by the norm of all parameters, by that of its own, and by value', () => {
    expect(clip({ norm: 5 }, [3, 4], [1, 1], [2])).toEqual([1.5, 2]);
    expect(clip({ norm: 20 }, [3, 4], [1, 1], [2])).toEqual([3, 4]);
    expect(clip({ norm: 1, per: 'parameter' }, [3, 4], [1, 1], [2])).toEqual([0.6, 0.8]);
    expect(clip({ value: 2 }, [3, -4, 1], [1, 1, 1], [3])).toEqual([2, -2, 1]);
  });

  it('adaptive, of each row by the norm of its weights, which is at least ε', () => {
    const adaptive = { ratio: 0.1, epsilon: 0.5 };
    // Row 1: ‖w‖ = 5, bound 0.5, ‖g‖ = 5 → g / 10. Row 2: ‖w‖ = 0 → ε, bound 0.05, ‖g‖ = 0.03: stays.
    expect(clip({ adaptive }, [3, 4, 0.03, 0], [3, 4, 0, 0], [2, 2])).toEqual([0.3, 0.4, 0.03, 0]);
    // A vector is one unit.
    expect(clip({ adaptive }, [3, 4], [3, 4], [2], 'fc1.bias')).toEqual([0.3, 0.4]);
    // Not the last linear layer.
    expect(clip({ adaptive }, [3, 4], [3, 4], [2], 'fc2.bias')).toEqual([3, 4]);
  });

  it.each([
    [{ norm: 0 }, 'gradientClip.norm'],
    [{ value: -1 }, 'gradientClip.value'],
    [{ norm: 1, value: 1 }, 'gradientClip'],
    [{ value: 1, per: 'parameter' }, 'gradientClip'],
    [{ norm: 1, per: 'layer' }, 'gradientClip'],
    [{ adaptive: { ratio: 0 } }, 'gradientClip.adaptive.ratio'],
    [{}, 'gradientClip'],
  ])('%j is refused', (gradientClip, path) => {
    expect(refused({ gradientClip })).toContain(path);
  });
});

describe('micro-batches', () => {
  it('are as equal as can be', () => {
    expect(smallestMicroBatch(10, 4)).toBe(3); // 3 + 3 + 4
    expect(smallestMicroBatch(10, 5)).toBe(5);
    expect(smallestMicroBatch(3, 2)).toBe(1);
    expect(smallestMicroBatch(10, 16)).toBe(10);
    expect(smallestMicroBatch(10, null)).toBe(10);
  });

  it('take less memory', () => {
    const memory = (more: object) => planTraining(Recipe.parse({ ...mlp, ...more }), facts).memory;
    const [whole, parts] = [memory({}), memory({ microBatchSize: 5 })];
    expect(parts.activationsBytes).toBe(whole.activationsBytes / 4);
    expect(parts.gradientsBytes).toBe(2 * whole.gradientsBytes);
  });

  it('must be smaller than the batch, and leave no part of one image to a normalisation of vectors', () => {
    expect(problems({ microBatchSize: 19 })).toEqual([]);
    expect(problems({ microBatchSize: 20 })).toEqual([
      'microBatchSize: must be less than batchSize 20: nothing would be cut',
    ]);
    const layers = [
      { kind: 'flatten' },
      { kind: 'linear', outFeatures: 4 },
      { kind: 'batch-norm' },
      { kind: 'linear', outFeatures: 'classes' },
    ];
    const normed = { architecture: { kind: 'layers', layers } };
    expect(problems({ ...normed, microBatchSize: 10 })).toEqual([]);
    expect(problems({ ...normed, microBatchSize: 1 })).toMatchObject([
      expect.stringMatching(/^microBatchSize: 1 leaves a part of one image \(of a batch of 20\)/),
    ]);
  });
});

describe('gradient noise', () => {
  it('has variance η / (1 + t)^γ', () => {
    const noise = GradientNoise.parse({ eta: 0.3 });
    expect(noiseDeviation(noise, 0) ** 2).toBeCloseTo(0.3, 12);
    expect(noiseDeviation(noise, 99) ** 2).toBeCloseTo(0.3 / 100 ** 0.55, 12);
  });

  it('is standard normal, and its own for every seed, step, parameter and element', () => {
    const draw = (key: [number, number], parameter: number) =>
      Array.from({ length: 20_001 }, (_, element) => gradientNormal(key, element, parameter));
    const values = draw(noiseKey(3, 5), 2);
    const mean = (list: number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
    expect(Math.abs(mean(values))).toBeLessThan(0.03);
    expect(mean(values.map((x) => x * x))).toBeCloseTo(1, 1);
    expect(mean(values.map((x) => x ** 4))).toBeGreaterThan(2.7);
    expect(Math.abs(mean(values.slice(1).map((x, i) => x * values[i]!)))).toBeLessThan(0.03);
    const others = [draw(noiseKey(4, 5), 2), draw(noiseKey(3, 6), 2), draw(noiseKey(3, 5), 1)];
    for (const other of others)
      expect(Math.abs(mean(values.map((x, i) => x * other[i]!)))).toBeLessThan(0.03);
    expect(new Set(values).size).toBe(values.length);
  });
});

describe('shares of the current weights', () => {
  it('EMA: 1 − min(decay, (1 + t) / (10 + t)) at each update', () => {
    const ema = Ema.parse({ decay: 0.5, every: 2 });
    const shares = Array.from({ length: 5 }, (_, i) => emaShare(ema, i + 1));
    expect(shares).toEqual([0, 1 - 2 / 11, 0, 1 - 3 / 12, 0]);
    expect(emaShare(ema, 40)).toBe(0.5);
    expect(emaShare({ ...ema, warmup: false }, 2)).toBe(0.5);
  });

  it('SWA: the plain mean of 3, 5 and 10 is 6', () => {
    const swa = Swa.parse({ from: { steps: 4 }, every: { steps: 3 } });
    const weights = [9, 9, 9, 3, 9, 9, 5, 9, 9, 10, 9];
    const mean = weights.reduce((a, w, i) => a + swaShare(swa, i + 1) * (w - a), 0);
    expect(mean).toBeCloseTo(6, 12);
  });

  it('Lookahead: from 0, fast weights of 8 after two steps lead to 4', () => {
    const lookahead = Lookahead.parse({ every: 2 });
    expect([1, 2, 3, 4].map((step) => lookaheadShare(lookahead, step))).toEqual([0, 0.5, 0, 0.5]);
    expect(0 + lookaheadShare(lookahead, 2) * (8 - 0)).toBe(4);
  });

  it('of a plan do not depend on how it is cut', () => {
    const recipe = resolve({ ema: {}, lookahead: {}, gradientNoise: {} });
    const [whole, rest] = [planWrappers(recipe, 0, 12), planWrappers(recipe, 7, 5)];
    expect(rest.averageShares).toEqual(whole.averageShares?.slice(7));
    expect(rest.lookaheadShares).toEqual(whole.lookaheadShares?.slice(7));
    expect(rest.gradientNoise).toEqual({
      keys: whole.gradientNoise?.keys.slice(14),
      deviations: whole.gradientNoise?.deviations.slice(7),
    });
  });
});

describe('in a recipe', () => {
  it('durations become steps, and resolving again changes nothing', () => {
    const once = resolve({ swa: { from: { epochs: 2 } } });
    expect(once.swa).toEqual({ from: { steps: 12 }, every: { steps: 6 } });
    expect(resolveRecipe(Recipe.parse(once), facts).recipe).toEqual(once);
  });

  it('are missing from one that was stored before they existed', () => {
    const {
      microBatchSize: _,
      gradientNoise: __,
      lookahead: ___,
      ema: ____,
      swa: _____,
      ...old
    } = resolve({});
    expect(ResolvedRecipe.parse(old)).toEqual(resolve({}));
  });

  it('ema and swa exclude each other, and swa must begin within the run', () => {
    const swa = { from: { epochs: 1 } };
    expect(problems({ ema: {}, swa })).toEqual([
      'swa: must be null with ema: a run keeps one mean of its weights',
    ]);
    expect(problems({ swa: { from: { steps: 19 } } })).toEqual(['swa.from: is 19 steps, but the run has 18']);
  });

  it.each([
    [{ ema: { decay: 1 } }, 'ema.decay'],
    [{ ema: { every: 0 } }, 'ema.every'],
    [{ lookahead: { every: 1 } }, 'lookahead.every'],
    [{ lookahead: { alpha: 1 } }, 'lookahead.alpha'],
    [{ gradientNoise: { eta: 0 } }, 'gradientNoise.eta'],
    [{ swa: {} }, 'swa.from'],
    [{ microBatchSize: 0 }, 'microBatchSize'],
  ])('%j is refused', (more, path) => {
    expect(refused(more)).toContain(path);
  });

  it('means of weights are counted in memory', () => {
    const memory = (more: object) => planTraining(Recipe.parse({ ...mlp, ...more }), facts).memory;
    const { parametersBytes, optimizerBytes } = memory({});
    expect(memory({ ema: {}, lookahead: {} }).optimizerBytes).toBe(optimizerBytes + 2 * parametersBytes);
  });
});
