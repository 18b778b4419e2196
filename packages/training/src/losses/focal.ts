import { z } from 'zod';
import { classWeights, resolvedClassWeights } from './class-weights.js';
import { type LossDefinition, labelSmoothing, logSoftmax, smoothed } from './definition.js';

const options = z.strictObject({
  kind: z.literal('focal'),
  gamma: z
    .number()
    .min(0)
    .max(20, 'at most 20: only answers that are all wrong would count')
    .default(2)
    .describe('How much less well answered samples count; 0 is cross-entropy'),
  labelSmoothing,
  classWeights: classWeights.describe(
    'The paper\'s α of each class: weights in the order of the dataset, or "balanced" for n / (classes · images of the class) of the images trained on. The mean divides by the batch size, not by the sum of weights. Evaluation weighs too',
  ),
});
const resolved = options.extend({ classWeights: resolvedClassWeights });

/**
 * The form for several classes, over softmax; a mixed target's classes each have their share of the loss. With p the
 * probability of a class and u = w t (γ p (1 − p)^(γ−1) log p − (1 − p)^γ), ∂L/∂z_c = u_c − p_c Σ u.
 */
export const focal = {
  kind: 'focal',
  title: 'Focal loss',
  summary: 'Cross-entropy that counts less what is answered well already, so that rare, hard images lead.',
  formula: 'L = −Σ w t (1 − p)^γ log p,  p = softmax(z)',
  paper: 'Lin et al. 2017, Focal Loss for Dense Object Detection, arXiv:1708.02002',
  whenToUse: 'For rare classes and hard images that easy ones drown out; needs clean labels.',
  conventions:
    "The form for several classes over softmax with mean over the batch; torchvision's sigmoid_focal_loss is that of one sigmoid per class, Keras has both.",
  options,
  resolved,
  outputs: 'logits',
  variants: [
    {},
    { gamma: 0 },
    { gamma: 0.5, labelSmoothing: 0.1 },
    { gamma: 3, labelSmoothing: 0.2, classWeights: 'balanced' },
  ],
  evaluate: (o, logits, target) => {
    const logs = logSoftmax(logits);
    const shares = smoothed(target, o.labelSmoothing).map((t, c) => t * (o.classWeights?.[c] ?? 1));
    let value = 0;
    const pulls = logs.map((log, c) => {
      const share = shares[c] as number;
      const rest = -Math.expm1(log); // 1 − p, exact also where p is almost 1
      if (share === 0 || rest === 0) return o.gamma === 0 ? -share : 0;
      const factor = rest ** o.gamma;
      value -= share * factor * log;
      return share * factor * ((o.gamma * Math.exp(log) * log) / rest - 1);
    });
    const total = pulls.reduce((sum, pull) => sum + pull, 0);
    return { value, gradient: logs.map((log, c) => (pulls[c] as number) - Math.exp(log) * total) };
  },
} satisfies LossDefinition<'focal', z.output<typeof options>, z.output<typeof resolved>>;
