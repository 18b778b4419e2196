import { hashOf } from './hash.js';
import type { ResolvedRecipe } from './recipe.js';

/**
 * SHA-256 of a recipe. One that asks for no recovery has the hash that it had before there was a choice: such a run is
 * the same run.
 */
export function recipeHash({ recovery, ...recipe }: ResolvedRecipe): string {
  const asked = recovery.nonFinite !== null || recovery.outOfMemory !== null;
  return hashOf(asked ? { ...recipe, recovery } : recipe);
}
