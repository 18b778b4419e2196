import { buildArchitecture } from './architectures/index.js';
import type { DatasetFacts } from './dataset-facts.js';
import { groupParameters } from './parameter-groups.js';
import { networkParameters } from './parameters.js';
import type { Precision, Program } from './program.js';
import type { ResolvedRecipe } from './recipe.js';

/** A channel that never changes carries nothing: dividing by this instead of 0 leaves it at (almost) 0. */
const SMALLEST_DEVIATION = 1 / 255;

/** What an engine must compute for this recipe on this dataset. */
export function compileProgram(recipe: ResolvedRecipe, facts: DatasetFacts, precision: Precision): Program {
  const { channels, height, width } = facts;
  const classes = facts.classes.length;
  const input = { channels, height, width };
  const nodes = buildArchitecture(recipe.architecture, { ...input, classes });
  const { learningRate: _, weightDecay, ...optimizer } = recipe.optimizer;
  const { parameters, buffers } = networkParameters(nodes, input, recipe.architecture.initializer);
  return {
    version: 1,
    input,
    normalization: {
      mean: facts.mean,
      standardDeviation: facts.standardDeviation.map((deviation) => Math.max(deviation, SMALLEST_DEVIATION)),
    },
    nodes,
    output: nodes.at(-1)?.name ?? '',
    classes,
    ...groupParameters(parameters, weightDecay, recipe.parameterGroups),
    buffers,
    loss: recipe.loss,
    optimizer,
    gradientClip: recipe.gradientClip,
    precision,
  };
}
