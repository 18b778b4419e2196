import { createHash } from 'node:crypto';
import { PNG } from 'pngjs';
import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { shapesArchive } from './archive.js';
import { forms, shapeNames } from './forms.js';
import { countShapes, generateShapes, type ShapesOptions } from './generate.js';

const few: ShapesOptions = { size: 16, perClass: 2, testPerClass: 1, classes: ['circle', 'star'] };

async function all(options: ShapesOptions): Promise<Map<string, Buffer>> {
  const images = new Map<string, Buffer>();
  for await (const { path, png } of generateShapes(options)) images.set(path, png);
  return images;
}

async function digest(options: ShapesOptions): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of shapesArchive(options)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

describe('forms', () => {
  it.each(shapeNames)('%s fits into its circle, and has an inside and an outside there', (name) => {
    const points = Array.from({ length: 40_000 }, (_, i) => [
      (i % 200) / 80 - 1.25,
      Math.floor(i / 200) / 80 - 1.25,
    ]);
    const inside = points.filter(([x, y]) => forms[name](x!, y!) < 0);
    expect(Math.max(...inside.map(([x, y]) => Math.hypot(x!, y!)))).toBeLessThanOrEqual(1);
    const share = inside.length / points.filter(([x, y]) => Math.hypot(x!, y!) < 1).length;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.8);
  });
});

describe('generateShapes', () => {
  it('yields RGB images of the size, in split and class folders', async () => {
    const images = await all(few);
    expect([...images.keys()]).toEqual([
      'train/circle/00000.png',
      'train/circle/00001.png',
      'train/star/00000.png',
      'train/star/00001.png',
      'test/circle/00000.png',
      'test/star/00000.png',
    ]);
    expect(countShapes(few)).toBe(6);
    for (const png of images.values()) {
      const { width, height } = PNG.sync.read(png);
      expect([width, height]).toEqual([16, 16]);
    }
    expect(new Set([...images.values()].map((png) => png.toString('hex'))).size).toBe(6);
  });

  it('draws an image the same whatever else is drawn, and another for another seed', async () => {
    const images = await all(few);
    const more = await all({ size: 16, perClass: 5, testPerClass: 3, classes: ['ring', 'star', 'circle'] });
    for (const [path, png] of images) expect(more.get(path)).toEqual(png);
    const other = await all({ ...few, seed: 1 });
    for (const [path, png] of images) expect(other.get(path)).not.toEqual(png);
  });

  it('draws the pixels that it always drew', async () => {
    const hash = createHash('sha256');
    const size = { size: 24, perClass: 3, testPerClass: 1 };
    for await (const { png } of generateShapes(size)) hash.update(PNG.sync.read(png).data);
    expect(hash.digest('hex')).toMatchInlineSnapshot(
      `"337da6f47b71747d1428b01a4addbf1eb43db096acb327562a6cd31e9ed5705a"`,
    );
  });

  it('draws a light form on a dark ground', async () => {
    const { value } = await generateShapes({ classes: ['square', 'circle'], perClass: 1 }).next();
    const { data } = PNG.sync.read(value!.png);
    const gray = Array.from({ length: 1024 }, (_, i) => data[4 * i]! + data[4 * i + 1]! + data[4 * i + 2]!);
    expect(gray.filter((sum) => sum > 390).length).toBeGreaterThan(60);
    expect(gray.filter((sum) => sum < 330).length).toBeGreaterThan(200);
  });

  it.each<[string, ShapesOptions]>([
    ['seed is -1', { seed: -1 }],
    ['seed is 0.5', { seed: 0.5 }],
    ['size is 4', { size: 4 }],
    ['perClass is 0', { perClass: 0 }],
    ['testPerClass is NaN', { testPerClass: Number.NaN }],
    ['no shape "toString"', { classes: ['circle', 'toString' as 'circle'] }],
    ['two or more different', { classes: ['circle'] }],
    ['two or more different', { classes: ['circle', 'circle'] }],
  ])('refuses: %s', async (message, options) => {
    await expect(generateShapes(options).next()).rejects.toThrow(message);
    expect(() => countShapes(options)).toThrow(RangeError);
  });
});

describe('shapesArchive', () => {
  it('is a tar file of the images', async () => {
    const found = new Map<string, Buffer>();
    const unpacking = shapesArchive(few).pipe(extract() as unknown as NodeJS.WritableStream);
    for await (const entry of unpacking as unknown as ReturnType<typeof extract>) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry as AsyncIterable<Uint8Array>) chunks.push(chunk);
      found.set(entry.header.name, Buffer.concat(chunks));
    }
    expect(found).toEqual(await all(few));
  });

  it('has the same bytes for the same seed', async () => {
    expect(await digest(few)).toBe(await digest({ ...few, seed: 0 }));
    expect(await digest(few)).not.toBe(await digest({ ...few, seed: 2 }));
  });

  it('passes a bad option on as an error of the stream', async () => {
    await expect(digest({ size: 3 })).rejects.toThrow('size is 3');
  });
});
