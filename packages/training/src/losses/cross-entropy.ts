import { z } from 'zod';
import { type LossDefinition, logSoftmax } from './definition.js';

const options = z.strictObject({
  kind: z.literal('cross-entropy'),
  labelSmoothing: z
    .number()
    .min(0)
    .lt(1, 'less than 1: nothing would be left of the label')
    .default(0)
    .describe('Share of the target that is spread evenly over all classes. Evaluation never smooths'),
});

export const crossEntropy = {
  kind: 'cross-entropy',
  title: 'Cross-entropy',
  summary: 'Negative log-probability of the true class; its gradient stays large where the answer is wrong.',
  formula: 'L = −Σ t log softmax(z),  t = (1 − s) · onehot + s / classes',
  paper: 'Szegedy et al. 2016, Rethinking the Inception Architecture (label smoothing), arXiv:1512.00567',
  options,
  evaluate: (o, logits, label) => {
    const logs = logSoftmax(logits);
    const target = logs.map(
      (_, c) => o.labelSmoothing / logs.length + (c === label ? 1 - o.labelSmoothing : 0),
    );
    const value = logs.reduce(
      (sum, log, c) => (target[c] === 0 ? sum : sum - (target[c] as number) * log),
      0,
    );
    return { value, gradient: logs.map((log, c) => Math.exp(log) - (target[c] as number)) };
  },
} satisfies LossDefinition<'cross-entropy', z.output<typeof options>>;
