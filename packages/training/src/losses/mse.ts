import { z } from 'zod';
import { type LossDefinition, logSoftmax } from './definition.js';

const options = z.strictObject({ kind: z.literal('mse') });

/** The sum over classes, not their mean (range 0 … 2), as the lecture draws its surface. */
export const mse = {
  kind: 'mse',
  title: 'Squared error on softmax',
  summary:
    'Squared distance of probabilities to the label; flat where the answer is very wrong. For comparison.',
  formula: 'L = Σ (softmax(z) − target)²',
  paper: null,
  whenToUse: 'To see why cross-entropy is used: it hardly moves where the answer is very wrong.',
  conventions:
    "Sum over the classes of squared errors of probabilities; PyTorch's MSELoss and Keras's MeanSquaredError take the mean over the classes, which is smaller by their number.",
  options,
  resolved: options,
  outputs: 'logits',
  variants: [{}],
  evaluate: (_, logits, target) => {
    const probabilities = logSoftmax(logits).map(Math.exp);
    const errors = probabilities.map((p, c) => p - (target[c] as number));
    const mean = probabilities.reduce((sum, p, c) => sum + p * (errors[c] as number), 0);
    return {
      value: errors.reduce((sum, e) => sum + e * e, 0),
      gradient: probabilities.map((p, c) => 2 * p * ((errors[c] as number) - mean)),
    };
  },
} satisfies LossDefinition<'mse', z.output<typeof options>, z.output<typeof options>>;
