import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import type { DatasetManifest } from '@ravine/contracts';
import type { PackedDataset, PackedSplit, SplitName } from '@ravine/training';
import { DatasetError } from './errors.js';
import { manifestDigest } from './manifest.js';

type ManifestSplit = NonNullable<DatasetManifest['splits'][SplitName]>;

/**
 * Loads a packed dataset, or some of its splits, into memory; `load` gets the bytes of a sha256. Digests, sizes and the
 * range of the labels are verified; throws DatasetError `corrupt_dataset` naming what is wrong.
 */
export async function openPacked(
  manifest: DatasetManifest,
  load: (sha256: string) => Promise<Uint8Array>,
  only?: readonly SplitName[],
): Promise<PackedDataset> {
  const { height, width, channels, classes } = manifest;
  if (manifest.format !== 'ravine-packed-1') throw corrupt(`its format is "${manifest.format}"`);
  if (manifestDigest(manifest) !== manifest.digest) throw corrupt('the manifest does not have its digest');
  const splits: PackedDataset['splits'] = {};
  for (const [name, split] of Object.entries(manifest.splits) as [SplitName, ManifestSplit][])
    if (only?.includes(name) ?? true)
      splits[name] = await openSplit(name, split, height * width * channels, classes.length, load);
  return { height, width, channels, classes, splits };
}

async function openSplit(
  name: SplitName,
  split: ManifestSplit,
  imageBytes: number,
  classes: number,
  load: (sha256: string) => Promise<Uint8Array>,
): Promise<PackedSplit> {
  const { count, imagesPerShard } = split;
  const shards: Uint8Array[] = [];
  for (const [index, shard] of split.shards.entries()) {
    const expected = Math.min(imagesPerShard, count - index * imagesPerShard);
    if (shard.count !== expected)
      throw corrupt(`${name} shard ${index} has ${shard.count} images, not ${expected}`);
    shards.push(await loadVerified(`${name} shard ${index}`, shard.key, expected * imageBytes, load));
  }
  if (shards.length !== Math.ceil(count / imagesPerShard))
    throw corrupt(`${name} has ${shards.length} shards for ${count} images`);
  const labels = fromLittleEndian(await loadVerified(`${name} labels`, split.labels.key, count * 2, load));
  const bad = labels.findIndex((label) => label >= classes);
  if (bad >= 0) throw corrupt(`${name} label ${bad} is ${labels[bad]}, there are ${classes} classes`);
  return { count, imagesPerShard, shards, labels };
}

async function loadVerified(
  what: string,
  sha256: string,
  bytes: number,
  load: (sha256: string) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const content = await load(sha256);
  if (content.length !== bytes) throw corrupt(`${what} has ${content.length} bytes, not ${bytes}`);
  const digest = createHash('sha256').update(content).digest('hex');
  if (digest !== sha256) throw corrupt(`${what} has the sha256 ${digest}, not ${sha256}`);
  return content;
}

function fromLittleEndian(bytes: Uint8Array): Uint16Array {
  // A copy: a view of 16-bit numbers must begin at an even address.
  const copy = Buffer.from(new Uint8Array(bytes).buffer);
  if (endianness() === 'BE') copy.swap16();
  return new Uint16Array(copy.buffer, 0, bytes.length / 2);
}

function corrupt(what: string): DatasetError {
  return new DatasetError('corrupt_dataset', `The packed dataset is damaged: ${what}.`);
}
