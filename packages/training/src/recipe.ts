import { z } from 'zod';
import { ResolvedLoss } from './losses/index.js';
import { ResolvedOptimizerWithRates } from './optimizers/index.js';
import { PresetKind } from './presets/index.js';
import { noRecovery } from './recovery.js';
import { PartialRunOptions, runOptions } from './run-options.js';
import { storedWrapperOptions } from './wrappers/index.js';

const dataset = z.string().min(1).max(128).describe('Id of the dataset');

// The two schemas are exported under interfaces: those have a name, by which the declarations of other packages refer to
// them. Spelled out, with every family inside, they are longer than a declaration may be.

const recipe = z
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
/**
 * What to train with. `{ "preset": "fashion-cnn", "dataset": "ds_…", "epochs": 5 }` takes the preset and replaces its
 * epochs; a field that is given replaces the preset's whole field.
 */
export interface Recipe extends z.output<typeof recipe> {}
/** As a client writes it, with defaults left out. */
export interface RecipeInput extends z.input<typeof recipe> {}
export const Recipe: z.ZodType<Recipe, RecipeInput> = recipe;

const recipeChanges = z
  .strictObject({ dataset: dataset.optional(), ...PartialRunOptions.shape })
  .meta({ id: 'RecipeChanges' });
/** Fields that replace those of another recipe. */
export interface RecipeChanges extends z.output<typeof recipeChanges> {}
export const RecipeChanges: z.ZodType<RecipeChanges, z.input<typeof recipeChanges>> = recipeChanges;

/** Options that recipes which were stored before there was a choice do not have. */
const addedLater = {
  ...storedWrapperOptions,
  parameterGroups: runOptions.parameterGroups.default(null),
  progressiveResizing: runOptions.progressiveResizing.default(null),
  normalization: runOptions.normalization.default('dataset'),
  crossValidation: runOptions.crossValidation.default(null),
  testTimeAugmentation: runOptions.testTimeAugmentation.default(null),
  recovery: runOptions.recovery.default(noRecovery),
};

const resolvedRecipe = z
  .strictObject({
    dataset,
    ...runOptions,
    ...addedLater,
    loss: ResolvedLoss,
    optimizer: ResolvedOptimizerWithRates,
  })
  .meta({ id: 'ResolvedRecipe' });
/**
 * A recipe with every default filled in and every duration in steps. It is a recipe again: resolving it once more
 * changes nothing. `precision`, `engine` and `device` stay `auto` until a worker decides.
 */
export interface ResolvedRecipe extends z.output<typeof resolvedRecipe> {}
export const ResolvedRecipe: z.ZodType<ResolvedRecipe> = resolvedRecipe;
