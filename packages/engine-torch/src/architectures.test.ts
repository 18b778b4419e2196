import {
  Architecture,
  architectures,
  compileProgram,
  initialState,
  type Program,
  Recipe,
  resolveRecipe,
} from '@ravine/training';
import { expect, it } from 'vitest';
import {
  bytesOf,
  describeNative,
  type Images,
  planOf,
  randomData,
  trainFrom,
  withSession,
} from '../test/harness.js';

const images: Images = { height: 32, width: 32, channels: 3, classes: 3, count: 8 };

/** Small forms of large networks: every kind of block is there, the test stays fast. */
const small: Record<string, object> = {
  'wide-resnet': { depth: 10, widenFactor: 1, dropout: 0.1 },
  densenet: { depth: 22 },
  resnet: { depth: 50, width: 8, stochasticDepth: 0.2, normalization: 'group', zeroInitResidual: true },
  'pre-activation-resnet': { width: 8, stochasticDepth: 0.2, activation: 'leaky-relu' },
  vgg: { depth: 11, width: 8 },
  'leedl-cnn': { width: 8 },
  'leedl-residual-cnn': { width: 8, normalization: 'layer' },
  'mobilenet-v2': { width: 0.25 },
  'mobilenet-v3': { width: 0.25, stochasticDepth: 0.2 },
  efficientnet: { width: 0.25 },
  convnext: { width: 8, depths: [1, 1, 2, 1] },
  airbench: { size: '96', width: 0.1 },
  layers: { layers: [{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }] },
  graph: {
    nodes: [
      { kind: 'linear', outFeatures: 'classes', name: 'logits', from: 'pixels' },
      { kind: 'flatten', name: 'pixels', from: 'input' },
    ],
    output: 'logits',
  },
};

function programOf(kind: string, precision: 'fp32' | 'bf16'): Program {
  const facts = {
    id: 'ds_test',
    ...images,
    classes: ['a', 'b', 'c'],
    counts: { train: [100, 100, 100] },
    mean: [0.4, 0.4, 0.4],
    standardDeviation: [0.3, 0.3, 0.3],
  };
  const architecture = Architecture.parse({ kind, ...small[kind] });
  const recipe = Recipe.parse({
    dataset: 'ds_test',
    architecture,
    optimizer: { kind: 'sgd', momentum: 0.9 },
  });
  return compileProgram(resolveRecipe(recipe, facts).recipe, facts, precision);
}

describeNative.each(Object.keys(architectures))('%s', (kind) => {
  it.each(['fp32', 'bf16'] as const)(
    'trains and goes on from a saved state as if nothing had been, in %s',
    async (precision) => {
      const data = randomData(images);
      const program = programOf(kind, precision);
      const start = initialState(program, 5);
      const plan = planOf(
        [
          [0, 1, 2, 3],
          [4, 5, 6, 7],
        ],
        1e-3,
      );
      const whole = await trainFrom(program, data, start, plan);
      expect(whole.stats.nonFinite).toBeNull();
      expect([...whole.stats.losses].every(Number.isFinite)).toBe(true);
      const first = await trainFrom(program, data, start, planOf([[0, 1, 2, 3]], 1e-3));
      const second = await withSession(program, data, async (session) => {
        await session.restore(first.state);
        expect(bytesOf(await session.state())).toEqual(bytesOf(first.state));
        const rest = planOf([[4, 5, 6, 7]], 1e-3, { firstStep: 1, dropoutKeys: plan.dropoutKeys.slice(2) });
        await session.train(rest);
        return session.state();
      });
      expect(bytesOf(second)).toEqual(bytesOf(whole.state));
      const moved = [...whole.state].some(([name, { data }]) =>
        data.some((x, i) => x !== start.get(name)?.data[i]),
      );
      expect(moved).toBe(true);
    },
  );
});
