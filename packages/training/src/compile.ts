import { buildArchitecture } from './architectures/index.js';
import type { DatasetFacts } from './dataset-facts.js';
import { outputCount } from './losses/index.js';
import { normalizationOf } from './normalization.js';
import { networkParameters } from './parameters.js';
import type { Precision, Program } from './program.js';
import type { ResolvedRecipe } from './recipe.js';
import { programClip, programWrappers } from './wrappers/index.js';

/** What an engine must compute for this recipe on this dataset. */
export function compileProgram(recipe: ResolvedRecipe, facts: DatasetFacts, precision: Precision): Program {
  const { channels, height, width } = facts;
  const classes = facts.classes.length;
  const input = { channels, height, width };
  const outputs = outputCount(recipe.loss.kind, classes);
  const nodes = buildArchitecture(recipe.architecture, { ...input, classes, outputs });
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
    gradientClip: recipe.gradientClip && programClip(recipe.gradientClip, nodes),
    ...programWrappers(recipe),
    precision,
  };
}
