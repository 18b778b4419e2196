import { gzipSync } from 'node:zlib';
import { DatasetManifest, IngestReport } from '@ravine/contracts';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { idx, tar, tarGz, zip } from '../test/archives.js';
import { ingestBytes, readyOf } from '../test/harness.js';
import { classFolders, noise, png, rawImage } from '../test/images.js';

const cats = await classFolders(['cat', 'dog'], 3);
const withSplits = [
  ...(await classFolders(['cat', 'dog'], 3, 'data/Training/')),
  ...(await classFolders(['cat', 'dog'], 2, 'data/val/', 5000)),
  ...(await classFolders(['cat', 'dog'], 1, 'data/test/', 9000)),
];

describe('an archive of class folders', () => {
  it.each([
    ['zip', zip],
    ['tar', tar],
    ['tar', tarGz],
  ] as const)('is read from %s (%#)', async (source, archive) => {
    const { manifest, report, shards, labels, blobs } = await readyOf({ upload: await archive(cats) });
    expect(report).toEqual({
      source,
      accepted: 6,
      rejected: 0,
      ignored: 0,
      errors: [],
      warnings: [],
      rejections: [],
    });
    expect(manifest).toMatchObject({
      height: 8,
      width: 8,
      channels: 3,
      fit: 'crop',
      classes: ['cat', 'dog'],
    });
    expect(manifest.splits).toEqual({
      train: {
        count: 6,
        perClass: [3, 3],
        imagesPerShard: Math.floor(2 ** 26 / 192),
        shards: [{ key: shards[0]!.sha256, count: 6, bytes: 6 * 192 }],
        labels: { key: labels[0]!.sha256, bytes: 12 },
      },
    });
    expect(blobs.get(labels[0]!.sha256)).toEqual(Buffer.from([0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0]));
    // An image of the right size keeps its pixels, so cat/1 is the second image as it was drawn.
    expect(blobs.get(shards[0]!.sha256)!.subarray(192, 384)).toEqual(noise(192, 2));
  });

  it('says what the contracts say', async () => {
    const { manifest, report } = await readyOf({ upload: zip(withSplits) });
    expect(DatasetManifest.strict().parse(manifest)).toEqual(manifest);
    expect(IngestReport.strict().parse(report)).toEqual(report);
  });

  it('gives the same digest from a zip, a tar and a tar.gz, below a common folder or not', async () => {
    const digests = await Promise.all(
      [
        zip(cats),
        await tar(cats),
        await tarGz(cats),
        zip(cats.map((f) => ({ ...f, name: `./a/b/${f.name}` }))),
      ].map(async (bytes) => (await readyOf({ upload: bytes })).manifest.digest),
    );
    expect(new Set(digests).size).toBe(1);
  });

  it('finds split folders below a common folder', async () => {
    const { manifest } = await readyOf({ upload: zip(withSplits) });
    expect(Object.entries(manifest.splits).map(([name, split]) => [name, split.perClass])).toEqual([
      ['train', [3, 3]],
      ['validation', [2, 2]],
      ['test', [1, 1]],
    ]);
  });

  it('finds them beside a few stray images, which are listed', async () => {
    const stray = [{ name: 'data/preview.png', content: await png(1) }];
    const { manifest, report } = await readyOf({ upload: zip([...stray, ...withSplits]) });
    expect(manifest.splits.train!.count).toBe(6);
    expect(report.rejections).toMatchObject([{ path: 'data/preview.png', code: 'misplaced' }]);
  });

  it('takes class folders that are called like splits for classes', async () => {
    const { manifest } = await readyOf({ upload: zip(await classFolders(['train', 'test'], 2)) });
    expect(manifest.classes).toEqual(['test', 'train']);
  });

  it('ignores clutter and text files beside the class folders', async () => {
    const clutter = [
      '__MACOSX/cat/._0.png',
      'cat/.DS_Store',
      'dog/Thumbs.db',
      '.git/config',
      'README.md',
      'meta/labels.csv.txt/deep',
    ].map((name) => ({ name, content: Buffer.from('text') }));
    const { report } = await readyOf({ upload: zip([...clutter, ...cats]) });
    expect(report).toMatchObject({ accepted: 6, ignored: 6, rejected: 0 });
  });

  it('orders classes by name, or as they were named', async () => {
    const upload = zip(await classFolders(['10', '2', 'é'], 1));
    expect((await readyOf({ upload })).manifest.classes).toEqual(['10', '2', 'é']);
    const { manifest } = await readyOf({ upload }, { classes: ['2', 'é', '10'] });
    expect(manifest.classes).toEqual(['2', 'é', '10']);
  });

  it('resizes to 128 × 128 × 3 unless declared otherwise, the width as the height', async () => {
    const upload = zip(cats);
    const shapeOf = async (options: object) => {
      const { manifest } = await readyOf({ upload }, { height: undefined, ...options });
      return [manifest.height, manifest.width, manifest.channels];
    };
    expect(await shapeOf({})).toEqual([128, 128, 3]);
    expect(await shapeOf({ height: 16 })).toEqual([16, 16, 3]);
    expect(await shapeOf({ height: 16, width: 24, channels: 1 })).toEqual([16, 24, 1]);
  });

  it('reads old names in code page 437 and undeclared UTF-8', async () => {
    const names = [Buffer.from([0x81]), Buffer.from('ü-neu')];
    const entries = await Promise.all(
      names.map(async (name, i) => ({
        name: Buffer.concat([name, Buffer.from('/1.png')]),
        content: await png(i),
        flags: 0,
      })),
    );
    expect((await readyOf({ upload: zip(entries) })).manifest.classes).toEqual(['ü', 'ü-neu']);
  });

  it('computes mean and deviation of the train split only, 1 for a constant channel', async () => {
    const solid = async (r: number, g: number) => {
      const pixels = Buffer.from(Array.from({ length: 64 }, () => [r, g, 7]).flat());
      return sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
        .png()
        .toBuffer();
    };
    const { manifest } = await readyOf({
      upload: zip([
        { name: 'train/a/1.png', content: await solid(0, 51) },
        { name: 'train/b/1.png', content: await solid(255, 102) },
        { name: 'test/a/1.png', content: await png(1) },
      ]),
    });
    expect(manifest.mean).toEqual([0.5, 0.3, 7 / 255].map((value) => expect.closeTo(value, 12)));
    expect(manifest.standardDeviation).toEqual([0.5, 0.1, 1].map((value) => expect.closeTo(value, 12)));
  });

  it('cuts shards at 64 MiB and leaves no temporary file', async () => {
    const side = 1024;
    const images = await Promise.all(
      Array.from({ length: 23 }, async (_, i) => ({
        name: `${i % 2 ? 'a' : 'b'}/${i}.png`,
        content: await rawImage(4, 4, 3, i).png().toBuffer(),
      })),
    );
    const { manifest, left } = await readyOf({ upload: zip(images) }, { height: side });
    expect(manifest.splits.train!.imagesPerShard).toBe(21);
    expect(manifest.splits.train!.shards.map(({ count }) => count)).toEqual([21, 2]);
    expect(left).toEqual(['train-00000.u8', 'train-00001.u8', 'train-labels.u16']);
  });

  it('reports progress of reading and packing', async () => {
    const seen: string[] = [];
    await ingestBytes(
      { upload: zip(cats) },
      { onProgress: ({ phase, done, total }) => seen.push(`${phase} ${done}/${total}`) },
    );
    expect(seen).toEqual([
      ...[1, 2, 3, 4, 5, 6].map((n) => `reading ${n}/null`),
      ...[1, 2, 3, 4, 5, 6].map((n) => `packing ${n}/6`),
    ]);
  });

  it('throws when it is aborted', async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('stop'));
    await expect(
      ingestBytes({ upload: zip(cats) }, { signal: controller.signal, onProgress }),
    ).rejects.toThrow('stop');
  });

  it('holds IDX files too, gzipped or not', async () => {
    const images = gzipSync(idx([4, 2, 2], noise(16, 1)));
    const labels = idx([4], Buffer.from([0, 1, 0, 1]));
    const upload = await tarGz([
      { name: 'mnist/images-idx3-ubyte.gz', content: images },
      { name: 'mnist/labels-idx1-ubyte', content: labels },
      { name: 'mnist/README', content: Buffer.from('text') },
    ]);
    const { manifest, report, left } = await readyOf({ upload }, { height: undefined });
    expect(manifest).toMatchObject({ height: 2, width: 2, channels: 1, classes: ['0', '1'] });
    expect(report).toMatchObject({ source: 'tar', accepted: 4, ignored: 1, rejected: 0 });
    expect(left).toEqual(['train-00000.u8', 'train-labels.u16']);
  });
});
