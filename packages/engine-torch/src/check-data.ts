import type { PackedDataset, PackedSplit, Program } from '@ravine/training';
import { check, support } from './engine-fault.js';

function checkSplit(name: string, split: PackedSplit, imageBytes: number, classes: number): void {
  const { count, imagesPerShard, shards, labels } = split;
  check(labels.length === count, () => `split ${name}: ${labels.length} labels for ${count} images`);
  check(
    Number.isInteger(imagesPerShard) &&
      imagesPerShard >= 1 &&
      shards.length === Math.ceil(count / imagesPerShard),
    () => `split ${name}: ${count} images do not lie in ${shards.length} shards of ${imagesPerShard}`,
  );
  shards.forEach((shard, index) => {
    const images = Math.min(imagesPerShard, count - index * imagesPerShard);
    check(
      shard.length === images * imageBytes,
      () =>
        `split ${name}, shard ${index}: ${shard.length} bytes, expected ${images} images of ${imageBytes}`,
    );
  });
  const wrong = labels.findIndex((label) => label >= classes);
  check(
    wrong < 0,
    () => `split ${name}: image ${wrong} has label ${labels[wrong]}, but there are ${classes} classes`,
  );
}

/** Checks that every split holds what it declares and fits the program's input and classes. */
export function checkData(data: PackedDataset, { input, classes }: Program): void {
  support(
    data.height === input.height && data.width === input.width && data.channels === input.channels,
    () =>
      `images of the dataset are ${data.height}×${data.width}×${data.channels}, the network takes ${input.height}×${input.width}×${input.channels}`,
  );
  support(
    data.classes.length === classes,
    () => `the dataset has ${data.classes.length} classes, the network ${classes}`,
  );
  const bytes = data.height * data.width * data.channels;
  for (const [name, split] of Object.entries(data.splits)) checkSplit(name, split, bytes, classes);
}
