import { z } from 'zod';
import { ResolvedLoss } from './losses/index.js';
import { ResolvedOptimizerWithRates } from './optimizers/index.js';
import { PresetKind } from './presets/index.js';
import { PartialRunOptions, runOptions } from './run-options.js';
import { storedWrapperOptions } from './wrappers/index.js';

const dataset = z.string().min(1).max(128).describe('Id of the dataset');

/**
 * What to train with. `{ "preset": "fashion-cnn", "dataset": "ds_…", "epochs": 5 }` takes the preset and replaces its
 * epochs; a field that is given replaces the preset's whole field.
 */
export const Recipe = z
  .strictObject({
    dataset,
    preset: PresetKind.optional().describe('Named options that the fields below override'),
    ...PartialRunOptions.shape,
  })
  .superRefine((recipe, context) => {
    if (recipe.preset === undefined && recipe.architecture === undefined)
      context.addIssue({
        code: 'custom',
        path: ['architecture'],
        message: 'required unless a preset is given',
      });
  })
  .meta({ id: 'Recipe' });
export type Recipe = z.output<typeof Recipe>;
/** As a client writes it, with defaults left out. */
export type RecipeInput = z.input<typeof Recipe>;

/** Options that recipes which were stored before there was a choice do not have. */
const addedLater = {
  ...storedWrapperOptions,
  normalization: runOptions.normalization.default('dataset'),
  crossValidation: runOptions.crossValidation.default(null),
  testTimeAugmentation: runOptions.testTimeAugmentation.default(null),
};

/**
 * A recipe with every default filled in and every duration in steps. It is a recipe again: resolving it once more
 * changes nothing. `precision`, `engine` and `device` stay `auto` until a worker decides.
 */
export const ResolvedRecipe = z
  .strictObject({
    dataset,
    ...runOptions,
    ...addedLater,
    loss: ResolvedLoss,
    optimizer: ResolvedOptimizerWithRates,
  })
  .meta({ id: 'ResolvedRecipe' });
export type ResolvedRecipe = z.output<typeof ResolvedRecipe>;
