import type { Checkpoint } from './checkpoint.js';
import type { Program } from './program.js';
import type { ResolvedRecipe } from './recipe.js';
import { recipeHash } from './recipe-hash.js';
import { elements } from './shapes.js';

/**
 * Why a run cannot go on from a checkpoint; null when it can. `hash` is the one that the job was stored with; files of a
 * version that made it anew from the stored recipe have that of the recipe as it is read now.
 */
export function whyNotResumable(
  { metadata, tensors }: Checkpoint,
  { recipe, program, hash }: { recipe: ResolvedRecipe; program: Program; hash?: string | undefined },
): string | null {
  if (metadata.role !== 'last') return 'only a checkpoint with role "last" can be resumed from';
  if (metadata.recipeHash !== hash && metadata.recipeHash !== recipeHash(recipe))
    return 'it belongs to another recipe';
  for (const { name, shape } of [...program.parameters, ...program.buffers]) {
    const tensor = tensors.get(`model.${name}`);
    if (tensor === undefined) return `the tensor "model.${name}" is missing`;
    if (tensor.data.length !== elements(shape)) return `the tensor "model.${name}" has another size`;
  }
  return null;
}
