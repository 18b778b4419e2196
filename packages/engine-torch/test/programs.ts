/** Small data, small programs and plans for tests. */
import {
  compileProgram,
  initialState,
  type LayerInput,
  type PackedDataset,
  type Precision,
  type Program,
  Recipe,
  type RecipeInput,
  randomStream,
  resolveRecipe,
  type StateDict,
  type StepPlan,
} from '@ravine/training';

export interface Images {
  height: number;
  width: number;
  channels: number;
  classes: number;
  /** In the train split; the test split has the same number of others. */
  count: number;
}

/** Random pixels and labels in shards of 3 images, so that every test crosses shard borders. */
export function randomData(images: Images, seed = 1): PackedDataset {
  const { height, width, channels, classes, count } = images;
  const imagesPerShard = 3;
  const bytes = height * width * channels;
  const split = (part: number) => {
    const { below } = randomStream(seed, 99, 0, part);
    const shards = [];
    for (let first = 0; first < count; first += imagesPerShard) {
      const size = Math.min(imagesPerShard, count - first) * bytes;
      shards.push(Uint8Array.from({ length: size }, () => below(256)));
    }
    return {
      count,
      imagesPerShard,
      shards,
      labels: Uint16Array.from({ length: count }, () => below(classes)),
    };
  };
  return {
    height,
    width,
    channels,
    classes: Array.from({ length: classes }, (_, i) => `class ${i}`),
    splits: { train: split(0), test: split(1) },
  };
}

/** Pixels of one image of a split. */
export function imageOf(data: PackedDataset, split: 'train' | 'test', index: number): Uint8Array {
  const { shards, imagesPerShard } = data.splits[split]!;
  const bytes = data.height * data.width * data.channels;
  const at = (index % imagesPerShard) * bytes;
  return shards[Math.floor(index / imagesPerShard)]!.subarray(at, at + bytes);
}

export interface Settings extends Partial<Omit<RecipeInput, 'dataset' | 'architecture' | 'precision'>> {
  precision?: Precision;
  mean?: number[];
  standardDeviation?: number[];
}

/** A program over `layers` for images of this size. */
export function programFor(layers: LayerInput[], images: Images, settings: Settings = {}): Program {
  const { precision = 'fp64', mean, standardDeviation, ...recipe } = settings;
  const each = <T>(value: T): T[] => Array.from({ length: images.channels }, () => value);
  const facts = {
    id: 'ds_test',
    height: images.height,
    width: images.width,
    channels: images.channels,
    classes: Array.from({ length: images.classes }, (_, i) => `class ${i}`),
    counts: { train: Array.from({ length: images.classes }, () => 100) },
    mean: mean ?? each(0.4),
    standardDeviation: standardDeviation ?? each(0.3),
  };
  const asked = Recipe.parse({ dataset: 'ds_test', architecture: { kind: 'layers', layers }, ...recipe });
  return compileProgram(resolveRecipe(asked, facts).recipe, facts, precision);
}

/** One step over each batch, without augmentation unless given. */
export function planOf(
  batches: number[][],
  learningRate: number | number[],
  more: Partial<StepPlan> = {},
): StepPlan {
  const order = Int32Array.from(batches.flat());
  const offsets = new Int32Array(batches.length + 1);
  batches.forEach((batch, i) => {
    offsets[i + 1] = offsets[i]! + batch.length;
  });
  const learningRates = Float64Array.from(batches, (_, i) =>
    typeof learningRate === 'number' ? learningRate : learningRate[i]!,
  );
  const dropoutKeys = Uint32Array.from({ length: batches.length * 2 }, (_, i) => 1000 + i);
  return { firstStep: 0, offsets, order, learningRates, augmentation: [], mixing: [], dropoutKeys, ...more };
}

/** Initial weights with scales and shifts of batch normalisation moved off 1 and 0, so that both matter. */
export function roughState(program: Program, seed = 3): StateDict {
  const state = initialState(program, seed);
  const { uniform } = randomStream(seed, 98);
  for (const { name, role } of program.parameters) {
    if (role !== 'norm-scale' && role !== 'norm-shift') continue;
    const { data } = state.get(`model.${name}`)!;
    for (let i = 0; i < data.length; i++) data[i] = data[i]! + (uniform() - 0.5) * (i % 3 === 0 ? 3 : 0.5);
  }
  return state;
}
