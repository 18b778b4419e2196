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
  formula: 'L = −Σ t log softmax(z),  t = (1 − s) · target + s / classes',
  paper: 'Szegedy et al. 2016, Rethinking the Inception Architecture (label smoothing), arXiv:1512.00567',
  whenToUse: 'For every classifier, unless there is a reason for another.',
  conventions:
    "PyTorch's CrossEntropyLoss with label_smoothing and mean over the batch; Keras: CategoricalCrossentropy(from_logits=True). Evaluation never smooths.",
  options,
  evaluate: (o, logits, target) => {
    const logs = logSoftmax(logits);
    const smooth = target.map((share) => (1 - o.labelSmoothing) * share + o.labelSmoothing / logs.length);
    const value = logs.reduce(
      (sum, log, c) => (smooth[c] === 0 ? sum : sum - (smooth[c] as number) * log),
      0,
    );
    return { value, gradient: logs.map((log, c) => Math.exp(log) - (smooth[c] as number)) };
  },
} satisfies LossDefinition<'cross-entropy', z.output<typeof options>>;
