import { z } from 'zod';
import { classWeights, resolvedClassWeights } from './class-weights.js';
import { type LossDefinition, labelSmoothing } from './definition.js';
import { weightedCrossEntropy } from './weighted-cross-entropy.js';

const options = z.strictObject({ kind: z.literal('binary-cross-entropy'), labelSmoothing, classWeights });
const resolved = options.extend({ classWeights: resolvedClassWeights });

/** softmax of (0, z) is (σ(−z), σ(z)), so this is cross-entropy over the logits (0, z), of which z alone is learned. */
export const binaryCrossEntropy = {
  kind: 'binary-cross-entropy',
  title: 'Binary cross-entropy',
  summary:
    'Cross-entropy for two classes with one output and a sigmoid: the probability of the second class.',
  formula: 'L = −w₁ t₁ log σ(z) − w₀ t₀ log σ(−z)',
  paper: null,
  whenToUse: 'For two classes with one output; the same as cross-entropy over two, with half the last layer.',
  conventions:
    "PyTorch's BCEWithLogitsLoss on the second class; its pos_weight is the second of classWeights, with 1 as the first.",
  options,
  resolved,
  outputs: 'logit',
  variants: [{}, { labelSmoothing: 0.1 }, { labelSmoothing: 0.2, classWeights: 'balanced' }],
  evaluate: (o, [z], target) => {
    const { value, gradient } = weightedCrossEntropy(Float64Array.of(0, z as number), target, o);
    return { value, gradient: gradient.subarray(1) };
  },
} satisfies LossDefinition<'binary-cross-entropy', z.output<typeof options>, z.output<typeof resolved>>;
