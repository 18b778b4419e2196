import { readFile } from 'node:fs/promises';
import type { CommandSet, Context } from './context.js';
import { UsageError } from './exit-code.js';
import { findDataset } from './find-dataset.js';
import { integerValue, listValue, numberValue } from './option-values.js';
import { applyRecipeFlags, isObject, type RecipeFlags } from './recipe-flags.js';

/** A command that takes a recipe: a file, flags, or both. */
export const withRecipe = (set: CommandSet, ...added: Parameters<CommandSet['add']>) =>
  set
    .add(...added)
    .option('--preset <kind>', 'named options to start from, e.g. leedl-cnn, fashion-cnn')
    .option('--dataset <id or name>')
    .option('--architecture <kind>')
    .option('--optimizer <kind>')
    .option('--learning-rate <number>', 'of the optimizer', numberValue)
    .option('--batch-size <count>', 'images per step', integerValue)
    .option('--epochs <count>', 'passes over the training split', integerValue)
    .option('--seed <number>', 'of every random draw', integerValue)
    .option('--precision <kind>', 'auto, fp32 or bf16')
    .option('--device <id>', 'auto, cpu or cuda:0')
    .option('--engine <name>')
    .option('--set <path=value>', 'any field, e.g. optimizer.weightDecay=1e-4; may be repeated', listValue);

async function readRecipe({ io }: Context, file: string | undefined): Promise<Record<string, unknown>> {
  if (file === undefined) return {};
  const source = file === '-' ? 'standard input' : file;
  const text =
    file === '-'
      ? await io.readStdin()
      : await readFile(file, 'utf8').catch((error: Error) => {
          throw new UsageError(`cannot read the recipe: ${error.message}`);
        });
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (error) {
    throw new UsageError(`${source} is not JSON: ${(error as Error).message}`);
  }
  throw new UsageError(`${source} must hold a JSON object`);
}

/**
 * The body of the request: a file is a recipe, or a whole body with `recipe` in it, whose fields stand over those of
 * `base`. The service checks the content.
 */
export async function bodyOf(
  context: Context,
  file: string | undefined,
  flags: RecipeFlags,
  base: Record<string, unknown> = {},
): Promise<Record<string, unknown> & { recipe: Record<string, unknown> }> {
  const given = await readRecipe(context, file);
  const body = 'recipe' in given ? given : { recipe: given };
  if (!isObject(body.recipe)) throw new UsageError('"recipe" must be a JSON object');
  const presetOptions = async (kind: string) => {
    const { presets } = await context.client.catalog(context);
    const preset = presets.find((entry) => entry.kind === kind);
    if (preset === undefined)
      throw new UsageError(
        `no preset is called "${kind}"; there are: ${presets.map((entry) => entry.kind).join(', ')}`,
      );
    return preset.defaults;
  };
  const recipe = await applyRecipeFlags({ ...base, ...body.recipe }, flags, presetOptions);
  if (typeof recipe.dataset === 'string' && !recipe.dataset.startsWith('ds_'))
    recipe.dataset = (await findDataset(context.client, recipe.dataset)).id;
  return { ...body, recipe };
}
