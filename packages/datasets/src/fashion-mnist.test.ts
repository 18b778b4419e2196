import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IngestResult, ingest } from './ingest.js';
import { openPacked } from './open-packed.js';

const folder = '/usr/share/datasets/fashion-mnist';
const names = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'];
const files = names.map((name) => ({ name: `${name}-ubyte.gz`, path: join(folder, `${name}-ubyte.gz`) }));
const present = files.every(({ path }) => existsSync(path));
if (!present) console.warn('skipped: Fashion-MNIST (Debian package dataset-fashion-mnist is not installed)');

describe.skipIf(!present)('Fashion-MNIST', () => {
  let scratch: string;
  let result: IngestResult;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'ravine-fashion-'));
    await mkdir(join(scratch, 'into'));
    const start = performance.now();
    result = await ingest({ files, into: join(scratch, 'into') });
    console.info(
      `Fashion-MNIST: 70,000 images ingested in ${((performance.now() - start) / 1000).toFixed(2)} s`,
    );
  });
  afterAll(() => rm(scratch, { recursive: true }));

  it('is packed at its native size with the published statistics', () => {
    if (result.status !== 'ready') throw new Error(JSON.stringify(result.report));
    const { manifest, report } = result;
    expect(manifest).toMatchObject({ height: 28, width: 28, channels: 1 });
    expect(manifest.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(manifest.splits.train).toMatchObject({ count: 60000, perClass: Array(10).fill(6000) });
    expect(manifest.splits.test).toMatchObject({ count: 10000, perClass: Array(10).fill(1000) });
    expect(manifest.mean[0]).toBeCloseTo(0.28604, 5);
    expect(manifest.standardDeviation[0]).toBeCloseTo(0.35302, 5);
    expect(report).toMatchObject({ source: 'idx', accepted: 70000, rejected: 0, ignored: 0, errors: [] });
  });

  it('opens with every pixel verified', async () => {
    if (result.status !== 'ready') throw new Error(JSON.stringify(result.report));
    const written = [...result.shards, ...result.labels];
    const load = (sha256: string) => readFile(written.find((file) => file.sha256 === sha256)!.path);
    const { splits } = await openPacked(result.manifest, load);
    expect(splits.train!.count).toBe(60000);
    expect([...splits.train!.labels.subarray(0, 5)]).toEqual([9, 0, 0, 3, 0]);
    expect(splits.train!.shards.map((shard) => shard.length)).toEqual([60000 * 784]);
  });
});
