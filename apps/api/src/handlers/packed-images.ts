import { AppError, type DatasetManifest } from '@ravine/contracts';
import type { Storage } from '@ravine/storage';
import sharp from 'sharp';

export type Split = NonNullable<DatasetManifest['splits']['train']>;

/** uint8 pixels of one image, NHWC. */
export async function readPixels(
  storage: Storage,
  { height, width, channels }: DatasetManifest,
  split: Split,
  index: number,
): Promise<Buffer> {
  const size = height * width * channels;
  const shard = split.shards[Math.floor(index / split.imagesPerShard)];
  if (!shard) throw new AppError('content_damaged', { detail: 'The dataset lacks a shard; upload it anew' });
  const start = (index % split.imagesPerShard) * size;
  const chunks: Buffer[] = [];
  for await (const chunk of await storage.openRead(shard.key, { start, end: start + size - 1 })) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** Gray stays gray: sharp would make three channels of one. */
export const encodePng = (
  pixels: Uint8Array,
  { height, width, channels }: { height: number; width: number; channels: 1 | 3 },
): Promise<Buffer> =>
  sharp(pixels, { raw: { width, height, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();
