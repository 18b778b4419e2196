import type { DatasetManifest } from '@ravine/contracts';
import { describe, expect, it } from 'vitest';
import { zip } from '../test/archives.js';
import { readyOf } from '../test/harness.js';
import { classFolders, noise, rawImage } from '../test/images.js';
import { manifestDigest } from './manifest.js';
import { openPacked } from './open-packed.js';

const upload = zip([
  ...(await classFolders(['a', 'b'], 2, 'train/')),
  ...(await classFolders(['a', 'b'], 1, 'test/', 99)),
]);
const { manifest, blobs } = await readyOf({ upload });
const load = async (sha256: string) => blobs.get(sha256)!;

describe('openPacked', () => {
  it('gives the images and labels of each split', async () => {
    const data = await openPacked(manifest, load);
    expect(data).toMatchObject({ height: 8, width: 8, channels: 3, classes: ['a', 'b'] });
    expect(data.splits.train).toMatchObject({ count: 4, labels: Uint16Array.from([0, 0, 1, 1]) });
    expect(Buffer.from(data.splits.train!.shards[0]!.subarray(0, 192))).toEqual(noise(192, 1));
    expect(data.splits.test!.count).toBe(2);
    expect(data.splits.validation).toBeUndefined();
  });

  it('joins several shards', async () => {
    const images = Array.from({ length: 22 }, async (_, i) => ({
      name: `${i % 2}/${i}.png`,
      content: await rawImage(4, 4, 3, i).png().toBuffer(),
    }));
    const large = await readyOf({ upload: zip(await Promise.all(images)) }, { height: 1024 });
    const data = await openPacked(large.manifest, async (sha256) => large.blobs.get(sha256)!);
    expect(data.splits.train!.shards.map((shard) => shard.length / (3 * 2 ** 20))).toEqual([21, 1]);
  });

  it('does not mind the order of keys, which a database changes', async () => {
    const reversed = Object.fromEntries(Object.entries(manifest).reverse()) as DatasetManifest;
    await expect(openPacked(reversed, load)).resolves.toBeDefined();
  });

  const train = manifest.splits.train!;
  const changed = (change: Partial<typeof train>, rest: Partial<DatasetManifest> = {}) => {
    const copy = { ...manifest, ...rest, splits: { ...manifest.splits, train: { ...train, ...change } } };
    return { ...copy, digest: manifestDigest(copy) };
  };
  it.each<[string, DatasetManifest, string]>([
    ['another digest', { ...manifest, classes: ['a', 'c'] }, 'does not have its digest'],
    ['another count', changed({ count: 5 }), 'train shard 0 has 4 images, not 5'],
    ['a missing shard', changed({ shards: [] }), 'train has 0 shards for 4 images'],
    [
      'a surplus shard',
      changed({ shards: [...train.shards, ...train.shards] }),
      'train shard 1 has 4 images',
    ],
    ['another size', changed({}, { height: 9 }), 'train shard 0 has 768 bytes, not 864'],
    ['fewer classes than labels', changed({}, { classes: ['a'] }), 'train label 2 is 1, there are 1 classes'],
    [
      'labels of another split',
      changed({ labels: manifest.splits.test!.labels }),
      'train labels has 4 bytes, not 8',
    ],
  ])('refuses a manifest with %s', async (_, damaged, message) => {
    await expect(openPacked(damaged, load)).rejects.toMatchObject({
      code: 'corrupt_dataset',
      message: expect.stringContaining(message),
    });
  });

  it('refuses bytes that changed', async () => {
    const flip = async (sha256: string) => {
      const bytes = Buffer.from(await load(sha256));
      bytes[0]! ^= 1;
      return bytes;
    };
    await expect(openPacked(manifest, flip)).rejects.toThrow(/train shard 0 has the sha256/);
  });
});
