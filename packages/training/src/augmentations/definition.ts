import type { z } from 'zod';
import type { AugmentationDraws } from '../engine.js';
import type { FamilyEntry } from '../family.js';
import type { RandomStream } from '../random.js';
import type { SpecIssue } from '../spec-error.js';

export interface ImageSize {
  height: number;
  width: number;
}

/** The images that draws are made for. */
export interface DrawnSamples {
  count: number;
  image: ImageSize;
  /** The epoch that is drawn for; 0 is the first. */
  epoch: number;
  /** The random stream of the i-th sample, of this epoch unless another is given. */
  streamOf(i: number, epoch?: number): RandomStream;
}

/** A random change of training images. The draws are made here; the engine moves the pixels. */
export interface AugmentationDefinition<Kind extends string, Options> extends FamilyEntry<Kind> {
  options: z.ZodType<Options>;
  /** What the options demand that an image of this size cannot give; paths are relative to the options. */
  problems(options: Options, image: ImageSize): SpecIssue[];
  /** Draws for the samples in order; a list is applied in order. */
  draw(options: Options, samples: DrawnSamples): AugmentationDraws | AugmentationDraws[];
}
