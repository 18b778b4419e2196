import { compileProgram } from './compile.js';
import type { DatasetFacts } from './dataset-facts.js';
import type { ResolvedRecipe } from './recipe.js';
import { runLength, singleValueNorm } from './resolve.js';
import { microBatchProblems } from './wrappers/index.js';

/**
 * Half of `size`, where the recipe lets a run go on with that after memory ran out; null: it does not, or the network
 * cannot be trained with so few images at once. The step stays that of the whole batch.
 */
export function smallerMicroBatch(recipe: ResolvedRecipe, size: number, facts: DatasetFacts): number | null {
  const policy = recipe.recovery.outOfMemory;
  const half = Math.floor(size / 2);
  if (policy === null || half < policy.minimumMicroBatchSize || half < 1) return null;
  const { trainSamples } = runLength(recipe, facts);
  const norm = singleValueNorm(compileProgram(recipe, facts, 'fp32').nodes);
  const { batchSize } = recipe;
  return microBatchProblems({ batchSize, microBatchSize: half }, trainSamples, norm).length > 0 ? null : half;
}

/** Images that are computed at once: what the job was cut down to, else what the recipe says. */
export const microBatchOf = (
  recipe: Pick<ResolvedRecipe, 'batchSize' | 'microBatchSize'>,
  cutTo: number | null,
): number => cutTo ?? recipe.microBatchSize ?? recipe.batchSize;
