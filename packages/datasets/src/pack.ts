import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { SplitName } from '@ravine/training';

const maxShardBytes = 64 * 2 ** 20;

const imagesPerShardOf = (imageBytes: number): number => Math.max(1, Math.floor(maxShardBytes / imageBytes));

/** One split, ready to be packed. */
export interface SplitSource {
  split: SplitName;
  /** [count], class index of each image. */
  labels: Uint16Array;
  /** The images in the order of the labels: uint8 HWC, all of one size. */
  images: AsyncIterable<Uint8Array>;
}

/** A file that was written; `sha256` will be its name in a storage. */
interface PackedFile {
  path: string;
  bytes: number;
  sha256: string;
}

export interface PackedSplitFiles {
  split: SplitName;
  labels: Uint16Array;
  imagesPerShard: number;
  shards: (PackedFile & { count: number })[];
  labelFile: PackedFile;
}

/** Writes the shards and labels of one split into the folder `into`. `onImage` sees each image as it is packed. */
export async function packSplit(
  source: SplitSource,
  into: string,
  imageBytes: number,
  onImage: (pixels: Uint8Array, index: number) => void,
): Promise<PackedSplitFiles> {
  const { split, labels, images } = source;
  const imagesPerShard = imagesPerShardOf(imageBytes);
  const shards: PackedSplitFiles['shards'] = [];
  const newShard = (done: number) =>
    Buffer.alloc(Math.min(imagesPerShard, labels.length - done) * imageBytes);
  let shard = newShard(0);
  let count = 0;
  let done = 0;
  for await (const pixels of images) {
    if (pixels.length !== imageBytes || done === labels.length)
      throw new Error(
        `image ${done} of ${split}: ${pixels.length} bytes, wanted ${imageBytes} for each of ${labels.length}`,
      );
    shard.set(pixels, count * imageBytes);
    onImage(pixels, done);
    count += 1;
    done += 1;
    if (count * imageBytes < shard.length) continue;
    const path = join(into, `${split}-${String(shards.length).padStart(5, '0')}.u8`);
    shards.push({ ...(await write(path, shard)), count });
    shard = newShard(done);
    count = 0;
  }
  if (done !== labels.length) throw new Error(`${split}: ${done} images for ${labels.length} labels`);
  const labelFile = await write(join(into, `${split}-labels.u16`), littleEndian(labels));
  return { split, labels, imagesPerShard, shards, labelFile };
}

async function write(path: string, content: Buffer): Promise<PackedFile> {
  await writeFile(path, content, { flag: 'wx' });
  return { path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

/** The bytes of labels as they lie in a label file. */
function littleEndian(labels: Uint16Array): Buffer {
  const bytes = Buffer.from(new Uint8Array(labels.slice().buffer));
  return endianness() === 'BE' ? bytes.swap16() : bytes;
}
