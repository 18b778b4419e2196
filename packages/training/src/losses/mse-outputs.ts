import { z } from 'zod';
import type { LossDefinition } from './definition.js';

const options = z.strictObject({ kind: z.literal('mse-outputs') });

/** The sum over classes, not their mean, as `mse`. */
export const mseOutputs = {
  kind: 'mse-outputs',
  title: 'Squared error on outputs',
  summary:
    'Classification as regression: the outputs themselves, without softmax, are drawn to 1 for the class and 0 for others.',
  formula: 'L = Σ (z − target)²',
  paper: 'Hui and Belkin 2021, Evaluation of Neural Architectures Trained with Square Loss, arXiv:2006.07322',
  whenToUse: 'To compare classification with regression; probabilities are not calibrated.',
  conventions:
    "Sum over the classes; PyTorch's MSELoss and Keras's MeanSquaredError take the mean over them, which is smaller by their number.",
  options,
  resolved: options,
  outputs: 'values',
  variants: [{}],
  evaluate: (_, outputs, target) => {
    const errors = outputs.map((z, c) => z - (target[c] as number));
    return { value: errors.reduce((sum, e) => sum + e * e, 0), gradient: errors.map((e) => 2 * e) };
  },
} satisfies LossDefinition<'mse-outputs', z.output<typeof options>, z.output<typeof options>>;
