import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { noise, png, rawImage } from '../test/images.js';
import { type ImageShape, preprocess, refit } from './image.js';

const shape = (height: number, width = height, channels: 1 | 3 = 3, fit: ImageShape['fit'] = 'crop') => ({
  height,
  width,
  channels,
  fit,
});
const solid = (
  height: number,
  width: number,
  background: { r: number; g: number; b: number; alpha: number },
) => sharp({ create: { width, height, channels: 4, background } });
const pixelsOf = async (image: Buffer, to = shape(8)) => [...(await preprocess(image, to))];

describe('preprocess', () => {
  it('keeps the pixels of an image that has the size already', async () => {
    expect(await pixelsOf(await png(3))).toEqual([...noise(192, 3)]);
  });

  it.each(['jpeg', 'png', 'webp', 'gif', 'tiff'] as const)('reads %s', async (format) => {
    const image = await solid(20, 20, { r: 200, g: 100, b: 50, alpha: 1 })
      .removeAlpha()
      .toFormat(format)
      .toBuffer();
    const [r, g, b] = await preprocess(image, shape(4));
    for (const [value, expected] of [
      [r, 200],
      [g, 100],
      [b, 50],
    ] as const)
      expect(Math.abs(value! - expected)).toBeLessThanOrEqual(3);
  });

  it('turns 16 bits, palettes, gray and CMYK into 8-bit RGB', async () => {
    const sixteen = await rawImage(8, 8, 3, 5).toColourspace('rgb16').png().toBuffer();
    expect((await sharp(sixteen).metadata()).depth).toBe('ushort');
    expect(await pixelsOf(sixteen)).toEqual([...noise(192, 5)]);
    const palette = await solid(8, 8, { r: 1, g: 2, b: 3, alpha: 1 }).png({ palette: true }).toBuffer();
    expect((await pixelsOf(palette)).slice(0, 3)).toEqual([1, 2, 3]);
    const gray = await rawImage(8, 8, 1, 6).toColourspace('b-w').png().toBuffer();
    expect(await pixelsOf(gray)).toEqual([...noise(64, 6)].flatMap((value) => [value, value, value]));
    const cmyk = await solid(8, 8, { r: 250, g: 250, b: 250, alpha: 1 })
      .removeAlpha()
      .toColourspace('cmyk')
      .jpeg()
      .toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    expect(Math.min(...(await pixelsOf(cmyk)))).toBeGreaterThan(220);
  });

  it('makes gray by luma and keeps gray exactly', async () => {
    const red = await solid(8, 8, { r: 255, g: 0, b: 0, alpha: 1 }).png().toBuffer();
    expect((await pixelsOf(red, shape(8, 8, 1)))[0]).toBe(76);
    const gray = await rawImage(8, 8, 1, 6).png().toBuffer();
    expect(await pixelsOf(gray, shape(8, 8, 1))).toEqual([...noise(64, 6)]);
  });

  it('lays transparency on white', async () => {
    const clear = await solid(8, 8, { r: 0, g: 0, b: 0, alpha: 0 }).png().toBuffer();
    expect(new Set(await pixelsOf(clear))).toEqual(new Set([255]));
  });

  it('turns the image as its EXIF orientation says', async () => {
    const pixels = Buffer.from([255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255]);
    const upright = sharp(pixels, { raw: { width: 2, height: 2, channels: 3 } });
    const turned = await upright.withMetadata({ orientation: 6 }).png().toBuffer();
    expect(await pixelsOf(turned, shape(2))).toEqual([0, 0, 255, 255, 0, 0, 0, 0, 255, 255, 0, 0]);
  });

  it('crops, contains and stretches', async () => {
    // Three squares side by side: red, green, blue.
    const colours = [
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
    ];
    const rows = Array.from({ length: 8 }, () =>
      colours.flatMap((colour) => Array(8).fill(colour).flat()),
    ).flat();
    const image = await sharp(Buffer.from(rows), { raw: { width: 24, height: 8, channels: 3 } })
      .png()
      .toBuffer();
    const cropped = await pixelsOf(image);
    expect(cropped.slice(0, 3)).toEqual([0, 255, 0]);
    const contained = await preprocess(image, shape(24, 24, 3, 'contain'));
    expect([...contained.slice(0, 3)]).toEqual([0, 0, 0]);
    expect([...contained.slice(12 * 72, 12 * 72 + 3)]).toEqual([255, 0, 0]);
    const stretched = await pixelsOf(image, shape(8, 3, 3, 'stretch'));
    expect(stretched[0]).toBeGreaterThan(200);
    expect(stretched[8]).toBeGreaterThan(200);
  });

  const animation = async (format: 'gif' | 'webp') =>
    sharp(noise(8 * 16 * 3, 1), { raw: { width: 8, height: 16, channels: 3, pageHeight: 8 } })
      .toFormat(format)
      .toBuffer();
  it.each<[string, () => Promise<Buffer>, string]>([
    ['text', async () => Buffer.from('hello'), 'not_an_image'],
    ['nothing', async () => Buffer.alloc(0), 'not_an_image'],
    [
      'SVG, which may name other files',
      async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'),
      'not_an_image',
    ],
    ['PDF', async () => Buffer.from('%PDF-1.7\n%âãÏÓ\n'), 'not_an_image'],
    ['AVIF', () => rawImage(16, 16, 3, 1).avif().toBuffer(), 'not_an_image'],
    ['an animated GIF', () => animation('gif'), 'multi_page_image'],
    ['an animated WebP', () => animation('webp'), 'multi_page_image'],
    ['more pixels than allowed', () => png(1, 40, 60), 'image_too_large'],
    ['half a PNG', async () => (await png(1)).subarray(0, 150), 'corrupt_image'],
    [
      'a JPEG without its end',
      async () => (await rawImage(40, 40, 3, 1).jpeg().toBuffer()).subarray(0, -40),
      'corrupt_image',
    ],
    ['a header and no more', async () => (await png(1)).subarray(0, 40), 'corrupt_image'],
  ])('refuses %s', async (_, make, code) => {
    await expect(preprocess(await make(), shape(8), { maxPixels: 2000 })).rejects.toMatchObject({
      name: 'DatasetError',
      code,
    });
  });

  it('judges the size by the header, before anything is decoded', async () => {
    const image = Buffer.from(await png(1));
    image.writeUInt32BE(9000, 16);
    image.writeUInt32BE(9000, 20);
    image.writeUInt32BE(crc32(image.subarray(12, 29)), 29);
    await expect(preprocess(image, shape(8))).rejects.toMatchObject({
      code: 'image_too_large',
      message: 'The image has 9000 × 9000 pixels; at most 50000000 are allowed.',
    });
  });
});

describe('refit', () => {
  it('repeats gray into three channels and keeps what fits', async () => {
    const pixels = noise(4, 1);
    const image = { pixels, height: 2, width: 2, channels: 1 as const };
    expect(await refit(image, shape(2, 2, 1))).toBe(pixels);
    expect([...(await refit(image, shape(2)))]).toEqual(
      [...pixels].flatMap((value) => [value, value, value]),
    );
  });
});
