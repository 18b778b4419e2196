import { z } from 'zod';
import type { DrawnSamples } from './definition.js';

/** Chance that both flips share. */
export const probability = z
  .number()
  .min(0)
  .max(1)
  .default(0.5)
  .describe('Share of images that are mirrored');

/** 1 where an image is mirrored. */
export const drawFlips = (chance: number, { count, streamOf }: DrawnSamples, epoch?: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => (streamOf(i, epoch).uniform() < chance ? 1 : 0));
