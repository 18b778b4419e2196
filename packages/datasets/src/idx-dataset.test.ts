import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { idx } from '../test/archives.js';
import { readyOf, refusalOf } from '../test/harness.js';
import { noise } from '../test/images.js';

const native = { height: undefined };
const images = idx([4, 3, 2], noise(24, 1));
const labels = idx([4], Buffer.from([1, 0, 2, 1]));

describe('IDX files', () => {
  it('are recognised by content in any order, gzipped or not', async () => {
    const { manifest, blobs } = await readyOf({ x: labels, y: gzipSync(images) }, native);
    expect(manifest).toMatchObject({ height: 3, width: 2, channels: 1, classes: ['0', '1', '2'] });
    const { shards, labels: packed } = manifest.splits.train!;
    expect(blobs.get(shards[0]!.key)).toEqual(noise(24, 1));
    expect(blobs.get(packed.key)).toEqual(Buffer.from([1, 0, 0, 0, 2, 0, 1, 0]));
  });

  it('tell their split by name when there are several', async () => {
    const { manifest } = await readyOf(
      {
        'train-images-idx3-ubyte': images,
        'train-labels-idx1-ubyte': labels,
        'val-images': idx([1, 3, 2], noise(6, 2)),
        'val-labels': idx([1], Buffer.from([1])),
        't10k-images-idx3-ubyte': idx([2, 3, 2], noise(12, 3)),
        't10k-labels-idx1-ubyte': idx([2], Buffer.from([0, 2])),
      },
      native,
    );
    expect(Object.entries(manifest.splits).map(([name, { count }]) => [name, count])).toEqual([
      ['train', 4],
      ['validation', 1],
      ['test', 2],
    ]);
  });

  it('may have three channels, other names, another size and another number of channels', async () => {
    const rgb = idx([3, 2, 2, 3], noise(36, 1));
    const ofRgb = { a: rgb, b: idx([3], Buffer.from([0, 1, 2])) };
    const { manifest } = await readyOf(ofRgb, { ...native, classes: ['zero', 'one', 'two'] });
    expect(manifest).toMatchObject({ height: 2, width: 2, channels: 3, classes: ['zero', 'one', 'two'] });
    const resized = await readyOf(ofRgb, { height: 4, width: 6, channels: 1 });
    expect(resized.manifest).toMatchObject({ height: 4, width: 6, channels: 1 });
    expect(resized.manifest.splits.train!.shards[0]!.bytes).toBe(3 * 24);
    const gray = await readyOf({ a: images, b: labels }, { ...native, channels: 3 });
    const expected = Buffer.from([...noise(24, 1)].flatMap((value) => [value, value, value]));
    expect(gray.blobs.get(gray.shards[0]!.sha256)).toEqual(expected);
  });

  const test = { 't10k-images': images, 't10k-labels': labels };
  it.each<[string, Record<string, Buffer>, string]>([
    ['too few images', { a: idx([5, 3, 2], noise(24, 1)), b: labels }, 'count_mismatch'],
    ['cut off images', { a: images.subarray(0, 30), b: labels }, 'malformed_idx'],
    ['cut off labels', { a: images, b: labels.subarray(0, 10) }, 'malformed_idx'],
    ['too many bytes', { a: Buffer.concat([images, Buffer.alloc(1)]), b: labels }, 'malformed_idx'],
    ['a cut off header', { a: images.subarray(0, 9), b: labels }, 'malformed_idx'],
    [
      'cut off gzip data',
      { a: gzipSync(idx([4, 90, 90], noise(32400, 1))).subarray(0, 9000), b: labels },
      'malformed_idx',
    ],
    ['another element type', { a: idx([4, 3, 2], noise(24, 1), 9), b: labels }, 'malformed_idx'],
    ['two dimensions', { a: idx([4, 3], noise(12, 1)), b: labels }, 'malformed_idx'],
    ['two channels', { a: idx([4, 3, 1, 2], noise(24, 1)), b: labels }, 'malformed_idx'],
    [
      'sizes that overflow',
      { a: idx([0xffffffff, 0xffff, 0xffff], noise(24, 1)), b: labels },
      'count_mismatch',
    ],
    ['many huge images', { a: idx([4, 0xffff, 0xffff], noise(24, 1)), b: labels }, 'image_size'],
    ['images without area', { a: idx([4, 0, 2], Buffer.alloc(0)), b: labels }, 'image_size'],
    ['no images', { a: idx([0, 3, 2], Buffer.alloc(0)), b: idx([0], Buffer.alloc(0)) }, 'no_images'],
    ['three files', { a: images, b: labels, c: labels }, 'idx_files'],
    ['one file', { a: images }, 'idx_files'],
    ['two files of images', { a: images, b: images }, 'idx_files'],
    [
      'names that tell nothing',
      { 'train-images': images, 'train-labels': labels, a: images, b: labels },
      'idx_files',
    ],
    ['test files only, twice', { ...test, 'test-images': images, 'test-labels': labels }, 'idx_files'],
    ['no training files', { ...test, 'valid-images': images, 'valid-labels': labels }, 'no_train_split'],
    [
      'other sizes in test',
      { 'train-i': images, 'train-l': labels, 'test-i': idx([4, 2, 3], noise(24, 1)), 'test-l': labels },
      'size_mismatch',
    ],
    [
      'an unknown test label',
      {
        'train-i': images,
        'train-l': labels,
        'test-i': images,
        'test-l': idx([4], Buffer.from([0, 1, 2, 3])),
      },
      'label_out_of_range',
    ],
    [
      'a label that never occurs in train',
      { a: images, b: idx([4], Buffer.from([0, 2, 2, 0])) },
      'empty_class',
    ],
    ['one class', { a: images, b: idx([4], Buffer.alloc(4)) }, 'one_class'],
  ])('with %s are refused', async (_, uploads, code) => {
    expect((await refusalOf(uploads, native)).errors).toMatchObject([{ code }]);
  });

  it('with a label beyond the named classes are refused', async () => {
    const report = await refusalOf({ a: images, b: labels }, { ...native, classes: ['x', 'y'] });
    expect(report.errors).toMatchObject([{ code: 'label_out_of_range', path: 'b' }]);
    expect(report.errors[0]!.message).toBe('Label 2 is 2, but the 2 classes are 0 to 1.');
  });
});
