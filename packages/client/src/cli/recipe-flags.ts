import { UsageError } from './exit-code.js';

export interface RecipeFlags {
  preset?: string;
  dataset?: string;
  architecture?: string;
  optimizer?: string;
  learningRate?: number;
  batchSize?: number;
  epochs?: number;
  seed?: number;
  precision?: string;
  device?: string;
  engine?: string;
  set?: string[];
}

type Json = Record<string, unknown>;
export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A recipe with the flags written over it. A flag that reaches into a field (`--learning-rate`, `--set a.b=…`) needs the
 * rest of that field: it is taken from the recipe, else from the preset by way of `presetOptions`.
 */
export async function applyRecipeFlags(
  start: Json,
  flags: RecipeFlags,
  presetOptions: (preset: string) => Promise<Json>,
): Promise<Json> {
  const recipe = structuredClone(start);
  for (const name of [
    'preset',
    'dataset',
    'batchSize',
    'epochs',
    'seed',
    'precision',
    'device',
    'engine',
  ] as const)
    if (flags[name] !== undefined) recipe[name] = flags[name];
  if (flags.architecture !== undefined) recipe.architecture = { kind: flags.architecture };
  if (flags.optimizer !== undefined) {
    const same = isObject(recipe.optimizer) && recipe.optimizer.kind === flags.optimizer;
    recipe.optimizer = { ...(same ? (recipe.optimizer as Json) : {}), kind: flags.optimizer };
  }
  const settings = (flags.set ?? []).map(parseSetting);
  if (flags.learningRate !== undefined)
    settings.unshift({ path: ['optimizer', 'learningRate'], value: flags.learningRate });
  for (const { path, value } of settings) {
    const [field = '', ...rest] = path;
    if (rest.length > 0 && recipe[field] === undefined && typeof recipe.preset === 'string')
      recipe[field] = structuredClone((await presetOptions(recipe.preset))[field]);
    assign(recipe, path, value);
  }
  return recipe;
}

/** `optimizer.learningRate=1e-3`: a dotted path, and a value that is JSON where it can be read so, else a string. */
function parseSetting(text: string): { path: string[]; value: unknown } {
  const at = text.indexOf('=');
  const path = text.slice(0, at).split('.');
  if (at < 1 || path.some((key) => key === '' || key === '__proto__'))
    throw new UsageError(`--set "${text}": must look like optimizer.learningRate=1e-3`);
  const raw = text.slice(at + 1);
  try {
    return { path, value: JSON.parse(raw) as unknown };
  } catch {
    return { path, value: raw };
  }
}

function assign(target: Json, path: string[], value: unknown): void {
  const last = path.at(-1) as string;
  let at: Json = target;
  for (const key of path.slice(0, -1)) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    if (next === undefined || next === null) at[key] = {};
    else if (typeof next !== 'object')
      throw new UsageError(`--set ${path.join('.')}: ${key} is ${JSON.stringify(next)}`);
    at = at[key] as Json;
  }
  at[last] = value;
}
