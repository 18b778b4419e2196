import { z } from 'zod';
import { classWeights, resolvedClassWeights } from './class-weights.js';
import { type LossDefinition, labelSmoothing } from './definition.js';
import { weightedCrossEntropy } from './weighted-cross-entropy.js';

const options = z.strictObject({ kind: z.literal('cross-entropy'), labelSmoothing, classWeights });
const resolved = options.extend({ classWeights: resolvedClassWeights });

export const crossEntropy = {
  kind: 'cross-entropy',
  title: 'Cross-entropy',
  summary: 'Negative log-probability of the true class; its gradient stays large where the answer is wrong.',
  formula: 'L = −Σ w t log softmax(z),  t = (1 − s) · target + s / classes',
  paper: 'Szegedy et al. 2016, Rethinking the Inception Architecture (label smoothing), arXiv:1512.00567',
  whenToUse: 'For every classifier, unless there is a reason for another.',
  conventions:
    "PyTorch's CrossEntropyLoss with label_smoothing and mean over the batch; Keras: CategoricalCrossentropy(from_logits=True). With classWeights the mean divides by the batch size; PyTorch's divides by the sum of weights. Evaluation never smooths.",
  options,
  resolved,
  outputs: 'logits',
  variants: [{}, { labelSmoothing: 0.1 }, { labelSmoothing: 0.2, classWeights: 'balanced' }],
  evaluate: (o, logits, target) => weightedCrossEntropy(logits, target, o),
} satisfies LossDefinition<'cross-entropy', z.output<typeof options>, z.output<typeof resolved>>;
