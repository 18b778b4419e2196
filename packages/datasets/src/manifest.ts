import { createHash } from 'node:crypto';
import type { DatasetManifest } from '@ravine/contracts';
import type { ImageShape } from './image.js';
import type { PackedSplitFiles } from './pack.js';

export function createManifest(
  shape: ImageShape,
  classes: string[],
  splits: PackedSplitFiles[],
  statistics: { mean: number[]; standardDeviation: number[] },
): DatasetManifest {
  const manifest: Omit<DatasetManifest, 'digest'> = {
    format: 'ravine-packed-1',
    ...shape,
    classes,
    splits: Object.fromEntries(splits.map((files) => [files.split, describe(files, classes.length)])),
    ...statistics,
  };
  return { ...manifest, digest: manifestDigest(manifest) };
}

/**
 * sha256 over everything that makes the content: sizes, fit, classes, and the sha256 of each shard and label file.
 * Independent of the order of keys, which a database may change.
 */
export function manifestDigest(manifest: Omit<DatasetManifest, 'digest'>): string {
  const { format, height, width, channels, fit, classes } = manifest;
  const splits = (['train', 'validation', 'test'] as const).map((name) => {
    const split = manifest.splits[name];
    return split
      ? [split.count, split.imagesPerShard, split.shards.map(({ key }) => key), split.labels.key]
      : null;
  });
  const content = JSON.stringify([format, height, width, channels, fit, classes, splits]);
  return createHash('sha256').update(content).digest('hex');
}

function describe(files: PackedSplitFiles, classes: number): NonNullable<DatasetManifest['splits']['train']> {
  const perClass = new Array<number>(classes).fill(0);
  for (const label of files.labels) perClass[label]! += 1;
  return {
    count: files.labels.length,
    perClass,
    imagesPerShard: files.imagesPerShard,
    shards: files.shards.map(({ sha256, count, bytes }) => ({ key: sha256, count, bytes })),
    labels: { key: files.labelFile.sha256, bytes: files.labelFile.bytes },
  };
}
