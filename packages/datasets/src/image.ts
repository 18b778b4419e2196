import type { Fit } from '@ravine/contracts';
import sharp, { type Sharp } from 'sharp';
import { DatasetError, firstLine, isFault } from './errors.js';

/** What every image of a dataset is made into. */
export interface ImageShape {
  height: number;
  width: number;
  channels: 1 | 3;
  fit: Fit;
}

/** Uncompressed pixels, uint8 HWC. */
export interface RawImage {
  pixels: Uint8Array;
  height: number;
  width: number;
  channels: 1 | 3;
}

export interface PreprocessOptions {
  /** Width × height of the image before it is made to fit; default 50 million. */
  maxPixels?: number;
}

const readableFormats = 'JPEG, PNG, WebP, GIF or TIFF';
const fits = { crop: 'cover', contain: 'contain', stretch: 'fill' } as const;
const maxSeconds = 60;

// Settings of libvips, which exist once per process. Images come from strangers: only these decoders may run. Every
// image is one small task and many run side by side, so threads inside one image and a cache would only cost.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff'].map((name) => `VipsForeignLoad${name}`),
});
sharp.concurrency(1);
sharp.cache(false);

/**
 * Decodes an image file and makes it fit, for training and for prediction alike: uint8, HWC,
 * height·width·channels bytes. EXIF rotation is applied; transparency is laid on white; CMYK, palettes, 16 bits and
 * colour profiles become 8-bit sRGB; gray is 0.299 R + 0.587 G + 0.114 B. `crop` covers the shape and cuts the
 * centre, `contain` shows the whole image on black, `stretch` ignores the aspect ratio. An image that has the size
 * already keeps its pixels. Throws DatasetError when it is no image, broken, too large or has several pages.
 */
export async function preprocess(
  image: Uint8Array,
  to: ImageShape,
  options: PreprocessOptions = {},
): Promise<Uint8Array> {
  const maxPixels = options.maxPixels ?? 50_000_000;
  if (image.length === 0) throw new DatasetError('not_an_image', 'The file is empty.');
  try {
    await inspect(image, maxPixels);
    const decoded = sharp(image, { failOn: 'error', limitInputPixels: maxPixels, autoOrient: true });
    return await finish(decoded, to);
  } catch (error) {
    throw explain(error);
  }
}

/** Makes uncompressed pixels fit, by the same rules. */
export async function refit(image: RawImage, to: ImageShape): Promise<Uint8Array> {
  const { pixels, height, width, channels } = image;
  if (height === to.height && width === to.width && channels === to.channels) return pixels;
  return finish(sharp(pixels, { raw: { width, height, channels } }), to);
}

async function inspect(image: Uint8Array, maxPixels: number): Promise<void> {
  const { width, height, pages = 1 } = await sharp(image, { failOn: 'error' }).metadata();
  if (width * height > maxPixels)
    throw new DatasetError(
      'image_too_large',
      `The image has ${width} × ${height} pixels; at most ${maxPixels} are allowed.`,
    );
  if (pages > 1)
    throw new DatasetError(
      'multi_page_image',
      `The image has ${pages} pages or frames; save the one that is meant as a file of its own.`,
    );
}

async function finish(picture: Sharp, to: ImageShape): Promise<Uint8Array> {
  const rgb = await picture
    .flatten({ background: '#ffffff' })
    .resize(to.width, to.height, { fit: fits[to.fit], position: 'centre', background: '#000000' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .timeout({ seconds: maxSeconds })
    .toBuffer();
  return to.channels === 3 ? rgb : luma(rgb);
}

/** ITU-R BT.601 luma in 16-bit fixed point; the weights sum to 65536, so gray stays exactly what it was. */
function luma(rgb: Uint8Array): Uint8Array {
  const gray = new Uint8Array(rgb.length / 3);
  for (let i = 0, j = 0; i < gray.length; i += 1, j += 3)
    gray[i] = (19595 * rgb[j]! + 38470 * rgb[j + 1]! + 7471 * rgb[j + 2]! + 32768) >> 16;
  return gray;
}

function explain(error: unknown): unknown {
  if (error instanceof DatasetError || isFault(error)) return error;
  const text = firstLine(error);
  const cause = { cause: error };
  if (/unsupported image format/i.test(text))
    return new DatasetError('not_an_image', `The file is not a ${readableFormats} image.`, cause);
  if (/pixel limit|too many channels|channel limit/i.test(text))
    return new DatasetError('image_too_large', `The image is too large: ${text}.`, cause);
  return new DatasetError('corrupt_image', `The image is damaged or incomplete: ${text}.`, cause);
}
