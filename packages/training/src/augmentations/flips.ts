import { z } from 'zod';
import type { RandomStream } from '../random.js';

/** Chance that both flips share. */
export const probability = z
  .number()
  .min(0)
  .max(1)
  .default(0.5)
  .describe('Share of images that are mirrored');

/** 1 where an image is mirrored. */
export const drawFlips = (
  chance: number,
  samples: number,
  streamOf: (i: number) => RandomStream,
): Uint8Array => Uint8Array.from({ length: samples }, (_, i) => (streamOf(i).uniform() < chance ? 1 : 0));
