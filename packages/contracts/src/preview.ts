import { PresetKind, runOptions } from '@ravine/training';
import { z } from 'zod';

const MAX_TILES = 64;
const tiles = z.int().min(1).max(MAX_TILES, `at most ${MAX_TILES}`);

/** How augmented training images look: a grid with a row for each sample and a column for each epoch. */
export const PreviewAugmentation = z
  .strictObject({
    preset: PresetKind.optional().describe('Show the augmentation of this preset'),
    augmentation: runOptions.augmentation.optional().describe('Show this list; an empty one changes nothing'),
    seed: runOptions.seed.default(0),
    firstSample: z.int().min(0).max(0x7fff_ffff).default(0).describe('Place in the train split'),
    samples: tiles.default(4).describe('Rows; fewer where the split ends'),
    firstEpoch: z.int().min(0).max(99_999).default(0).describe('0 is the first epoch of a run'),
    epochs: tiles.default(4).describe('Columns: the draws of so many epochs'),
  })
  .refine(({ preset, augmentation }) => (preset === undefined) !== (augmentation === undefined), {
    message: 'give exactly one of augmentation and preset',
    path: ['augmentation'],
  })
  .refine(({ samples, epochs }) => samples * epochs <= MAX_TILES, {
    message: `times samples must be at most ${MAX_TILES} tiles`,
    path: ['epochs'],
  })
  .meta({ id: 'PreviewAugmentation' });
export type PreviewAugmentation = z.output<typeof PreviewAugmentation>;
