import type { DatasetFacts } from '../src/dataset-facts.js';
import type { PackedDataset, PackedSplit, SplitName } from '../src/engine.js';
import { randomStream } from '../src/random.js';

/** Images whose class is the brightest of their columns, under noise; a linear classifier can learn it. */
function toySplit(count: number, classes: number, size: number, seed: number, perShard: number): PackedSplit {
  const { below } = randomStream(seed, 99);
  const labels = Uint16Array.from({ length: count }, (_, i) => i % classes);
  const pixels = new Uint8Array(count * size * size);
  labels.forEach((label, image) => {
    for (let p = 0; p < size * size; p++)
      pixels[image * size * size + p] = below(120) + (p % size === label ? 100 : 0);
  });
  const shards: Uint8Array[] = [];
  for (let begin = 0; begin < count; begin += perShard)
    shards.push(pixels.slice(begin * size * size, (begin + perShard) * size * size));
  return { count, imagesPerShard: perShard, shards, labels };
}

export function toyData(
  counts: Partial<Record<SplitName, number>>,
  { classes = 3, size = 4 }: { classes?: number; size?: number } = {},
): { data: PackedDataset; facts: DatasetFacts } {
  const names = Object.keys(counts) as SplitName[];
  const splits = Object.fromEntries(
    names.map((name, i) => [name, toySplit(counts[name] ?? 0, classes, size, i + 1, 7)]),
  );
  const classNames = Array.from({ length: classes }, (_, c) => `column ${c}`);
  const perClass = (split: PackedSplit | undefined) =>
    classNames.map((_, c) => split?.labels.filter((label) => label === c).length ?? 0);
  return {
    data: { height: size, width: size, channels: 1, classes: classNames, splits },
    facts: {
      id: 'ds_toy',
      height: size,
      width: size,
      channels: 1,
      classes: classNames,
      counts: Object.fromEntries(names.map((name) => [name, perClass(splits[name])])),
      mean: [0.3],
      standardDeviation: [0.2],
    },
  };
}
