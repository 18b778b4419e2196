import { describe, expect, it } from 'vitest';
import { compileProgram } from './compile.js';
import type { DatasetFacts } from './dataset-facts.js';
import type { PackedDataset } from './engine.js';
import { initialState } from './initializers.js';
import { randomStream } from './random.js';
import { Recipe, type RecipeInput } from './recipe.js';
import { resolveRecipe } from './resolve.js';
import { SpecError } from './spec-error.js';
import { whiteningImages } from './whitening.js';

const [height, width, count] = [7, 9, 30];
const facts = (channels: number): DatasetFacts => ({
  id: 'ds_1',
  ...{ height, width, channels },
  classes: ['a', 'b'],
  counts: { train: [15, 15] },
  mean: [0.3, 0.5, 0.4].slice(0, channels),
  standardDeviation: [0.2, 0.1, 0.3].slice(0, channels),
});

/** Every pixel is the mean of noise and its left neighbour, and channels share most of it. */
function smoothImages(channels: number): PackedDataset {
  const { below } = randomStream(5, 97);
  const row = width * channels;
  const pixels = new Uint8Array(count * height * row);
  pixels.forEach((_, i) => {
    const left = i % row < channels ? 128 : pixels[i - channels]!;
    const shared = i % channels === 0 ? below(256) : pixels[i - 1]!;
    pixels[i] = (left + shared + below(256)) / 3;
  });
  const image = height * row;
  const shards = Array.from({ length: count / 3 }, (_, s) =>
    pixels.slice(s * 3 * image, (s + 1) * 3 * image),
  );
  const labels = Uint16Array.from({ length: count }, (_, i) => i % 2);
  const train = { count, imagesPerShard: 3, shards, labels };
  return { height, width, channels, classes: ['a', 'b'], splits: { train } };
}

const compile = (architecture: object, channels = 3) => {
  const asked = { dataset: 'ds_1', architecture } as RecipeInput;
  const { recipe } = resolveRecipe(Recipe.parse(asked), facts(channels));
  return compileProgram(recipe, facts(channels), 'fp64');
};
const network = (first: object, ...others: object[]) => ({
  kind: 'layers',
  layers: [
    ...others,
    { kind: 'conv2d', padding: 0, whitening: true, ...first },
    { kind: 'global-average-pool' },
    { kind: 'linear', outFeatures: 'classes' },
  ],
});
const all = Int32Array.from({ length: count }, (_, i) => i);

/** Covariance of what the filters make of all patches of the images, pixel by pixel as a program normalises them. */
function outputCovariance(
  data: PackedDataset,
  weight: ArrayLike<number>,
  kernel: number,
  indices: Int32Array,
) {
  const { channels } = data;
  const { mean, standardDeviation } = facts(channels);
  const n = kernel * kernel * channels;
  const rows: number[][] = [];
  for (const index of indices)
    for (let y = 0; y <= height - kernel; y++)
      for (let x = 0; x <= width - kernel; x++)
        rows.push(
          Array.from({ length: n }, (_, o) => {
            let sum = 0;
            for (let c = 0; c < channels; c++)
              for (let i = 0; i < kernel * kernel; i++) {
                const [dy, dx] = [Math.floor(i / kernel), i % kernel];
                const at = (((index % 3) * height + y + dy) * width + x + dx) * channels + c;
                const pixel = data.splits.train!.shards[Math.floor(index / 3)]![at]! / 255;
                sum += (weight[o * n + c * kernel ** 2 + i]! * (pixel - mean[c]!)) / standardDeviation[c]!;
              }
            return sum;
          }),
        );
  const means = Array.from(
    { length: n },
    (_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length,
  );
  return means.map((a, i) =>
    means.map((b, j) => rows.reduce((sum, row) => sum + (row[i]! - a) * (row[j]! - b), 0) / rows.length),
  );
}

describe('a layer that whitens', () => {
  it.each([
    [3, 2, 24],
    [1, 3, 18],
    [3, 1, 6],
  ])(
    'of %i channels and kernel %i: its outputs are uncorrelated and of variance 1',
    (channels, kernel, outChannels) => {
      const data = smoothImages(channels);
      const program = compile(network({ kernel, outChannels }), channels);
      const { data: weight, shape } = initialState(program, 0, { data, indices: all }).get(
        'model.conv1.weight',
      )!;
      expect(shape).toEqual([outChannels, channels, kernel, kernel]);
      const half = weight.length / 2;
      expect(weight.slice(half)).toEqual(weight.slice(0, half).map((x) => -x));
      outputCovariance(data, weight, kernel, all).forEach((row, i) => {
        row.forEach((value, j) => {
          if (i !== j) expect(Math.abs(value)).toBeLessThan(1e-10);
        });
        const value = row[i]!;
        const own = weight.slice(i * row.length, (i + 1) * row.length);
        const eigenvalue = 1 / Array.from(own).reduce((sum, x) => sum + x * x, 0) - 5e-4; // the filter is 1 / √(λ + ε) long
        expect(value).toBeCloseTo(eigenvalue / (eigenvalue + 5e-4), 8);
        expect(value).toBeGreaterThan(0.99);
      });
    },
  );

  const program = compile(network({ kernel: 2, outChannels: 24 }));
  const weights = (seed: number, data: PackedDataset, indices: Int32Array, from = program) =>
    initialState(from, seed, { data, indices }).get('model.conv1.weight')!.data;

  it('has the same bytes for the same images, whatever the seed, and never sees those that are held out', () => {
    const odd = all.filter((i) => i % 2 === 1);
    const changed = smoothImages(3);
    for (const i of all.filter((i) => i % 2 === 0))
      changed.splits.train!.shards[Math.floor(i / 3)]!.fill(9, (i % 3) * 189, ((i % 3) + 1) * 189);
    const first = weights(1, smoothImages(3), odd);
    expect(weights(2, changed, odd)).toEqual(first);
    expect(weights(1, changed, all)).not.toEqual(first);
  });

  it('takes images that are spread evenly where there are more than it needs', () => {
    const parameters = program.parameters.map((one) =>
      one.initializer.kind === 'whitening' ? { ...one, initializer: { ...one.initializer, images: 3 } } : one,
    );
    const few = weights(0, smoothImages(3), all, { ...program, parameters });
    expect(few).toEqual(weights(0, smoothImages(3), Int32Array.of(0, 10, 20)));
  });

  it('needs the images', () => {
    expect(() => initialState(program, 0)).toThrow('conv1.weight whitens: it needs the training images');
  });

  it('reads 5000 images, and fewer where they are large', () => {
    expect(whiteningImages({ channels: 3, height: 32, width: 32 }, 2)).toBe(5000);
    expect(whiteningImages({ channels: 3, height: 224, width: 224 }, 2)).toBe(257);
    expect(whiteningImages({ channels: 1, height: 4096, width: 4096 }, 16)).toBe(1);
  });

  it('is the one that is not trained, whatever the groups of parameters say', () => {
    const frozen = { weightDecay: 0, learningRateFactor: 0 };
    expect(program.groups).toEqual([frozen, { weightDecay: 0, learningRateFactor: 1 }]);
    expect(program.parameters.map(({ name, group }) => [name, group])).toEqual([
      ['conv1.weight', 0],
      ['conv1.bias', 1],
      ['fc1.weight', 1],
      ['fc1.bias', 1],
    ]);
    const asked = {
      dataset: 'ds_1',
      architecture: network({ kernel: 2, outChannels: 24 }),
      optimizer: { kind: 'sgd', weightDecay: 0.1 },
      parameterGroups: { learningRateFactors: { convolution: 2 } },
    } as RecipeInput;
    const { recipe } = resolveRecipe(Recipe.parse(asked), facts(3));
    const { groups, parameters } = compileProgram(recipe, facts(3), 'fp32');
    expect(groups[parameters[0]!.group]).toEqual(frozen);
  });

  it.each([
    [network({ kernel: 2, outChannels: 12 }), 'outChannels 12: it must be 2 · kernel² · channels = 24'],
    [network({ kernel: 2, outChannels: 24, groups: 3 }), 'groups must be 1'],
    [network({ kernel: 8, outChannels: 384, padding: 4 }), 'no patch of 8×8 lies within an image of 7×9'],
    [network({ kernel: 2, outChannels: 24 }, { kind: 'relu' }), 'it must read the image'],
    [network({ kernel: 2, outChannels: 24, whitening: 'yes' }), 'boolean'],
  ])('is refused where it cannot be: %#', (architecture, message) => {
    const asked = Recipe.safeParse({ dataset: 'ds_1', architecture });
    if (!asked.success) return expect(asked.error.message).toContain(message);
    expect(() => resolveRecipe(asked.data, facts(3))).toThrow(SpecError);
    expect(() => resolveRecipe(asked.data, facts(3))).toThrow(message);
  });
});

describe('airbench', () => {
  const stem = (options: object, channels = 3) => {
    const large = { ...facts(channels), height: 32, width: 32 };
    const asked = { dataset: 'ds_1', architecture: { kind: 'airbench', ...options } } as RecipeInput;
    return compileProgram(resolveRecipe(Recipe.parse(asked), large).recipe, large, 'fp32');
  };

  it('whitens by its stem where that is asked for, of gray images too', () => {
    for (const channels of [1, 3]) {
      const { initializer, group, shape } = stem({ whitening: true }, channels).parameters[0]!;
      expect(initializer).toEqual({ kind: 'whitening', epsilon: 5e-4, images: 5000 });
      expect(shape).toEqual([8 * channels, channels, 2, 2]);
      expect(stem({ whitening: true }, channels).groups[group]!.learningRateFactor).toBe(0);
    }
  });

  it('is otherwise what it was before there was a choice', () => {
    const { nodes, groups, parameters } = stem({});
    expect(nodes[0]).not.toHaveProperty('whitening');
    expect(groups).toHaveLength(1);
    expect(parameters[0]!.initializer.kind).toBe('dirac');
    expect(stem({ whitening: false })).toEqual(stem({}));
  });
});
