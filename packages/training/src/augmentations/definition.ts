import type { z } from 'zod';
import type { AugmentationDraws } from '../engine.js';
import type { FamilyEntry } from '../family.js';
import type { RandomStream } from '../random.js';
import type { SpecIssue } from '../spec-error.js';

export interface ImageSize {
  height: number;
  width: number;
}

/** A random change of training images. The draws are made here; the engine moves the pixels. */
export interface AugmentationDefinition<Kind extends AugmentationDraws['kind'], Options>
  extends FamilyEntry<Kind> {
  options: z.ZodType<Options>;
  /** What the options demand that an image of this size cannot give; paths are relative to the options. */
  problems(options: Options, image: ImageSize): SpecIssue[];
  /** Draws for `samples` images in order; `streamOf(i)` is the random stream of the i-th one. */
  draw(
    options: Options,
    samples: number,
    streamOf: (i: number) => RandomStream,
  ): Extract<AugmentationDraws, { kind: Kind }>;
}
