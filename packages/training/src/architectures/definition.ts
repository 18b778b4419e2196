import type { z } from 'zod';
import type { FamilyEntry } from '../family.js';
import type { LayerInput } from '../layers.js';
import type { SpecIssue } from '../spec-error.js';

export interface NetworkInput {
  channels: number;
  height: number;
  width: number;
  classes: number;
  /** Values that the network gives; one per class unless the loss takes another number. */
  outputs?: number;
}

/** A network as a list of layers that adapts to the images and the number of classes. */
export interface ArchitectureDefinition<Kind extends string, Options> extends FamilyEntry<Kind> {
  options: z.ZodType<Options>;
  /** The layers, or what makes the network impossible for this input; paths are relative to the options. */
  layers(options: Options, input: NetworkInput): LayerInput[] | { problems: SpecIssue[] };
  /** Where in the options layer `index` of that list was written; for networks whose layers the recipe writes itself. */
  pathOf?(options: Options, index: number): (string | number)[];
}

/** Refuses images that are too small for the network to see anything in. */
export const tooSmall = (title: string, minimum: number, { height, width }: NetworkInput) => ({
  problems: [
    {
      path: ['kind'],
      message: `${title} needs images of at least ${minimum}×${minimum} pixels, but the dataset has ${height}×${width}; use a smaller architecture or larger images`,
    },
  ],
});
