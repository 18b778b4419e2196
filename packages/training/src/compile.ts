import { buildArchitecture } from './architectures/index.js';
import type { DatasetFacts } from './dataset-facts.js';
import { normalizationOf } from './normalization.js';
import { networkParameters } from './parameters.js';
import type { Precision, Program } from './program.js';
import type { ResolvedRecipe } from './recipe.js';

/** What an engine must compute for this recipe on this dataset. */
export function compileProgram(recipe: ResolvedRecipe, facts: DatasetFacts, precision: Precision): Program {
  const { channels, height, width } = facts;
  const classes = facts.classes.length;
  const input = { channels, height, width };
  const nodes = buildArchitecture(recipe.architecture, { ...input, classes });
  const { learningRate: _, weightDecay, ...optimizer } = recipe.optimizer;
  return {
    version: 1,
    input,
    normalization: normalizationOf(recipe.normalization, facts),
    nodes,
    output: nodes.at(-1)?.name ?? '',
    classes,
    ...networkParameters(nodes, input, recipe.architecture.initializer),
    groups: [{ weightDecay, learningRateFactor: 1 }],
    loss: recipe.loss,
    optimizer,
    gradientClip: recipe.gradientClip,
    precision,
  };
}
