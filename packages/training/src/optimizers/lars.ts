import { z } from 'zod';
import { momentum, type OptimizerDefinition, rates } from './definition.js';
import { adaptVectors, isVector, trustRatio } from './trust-ratio.js';

const rule = z.strictObject({
  kind: z.literal('lars'),
  momentum: momentum.default(0.9),
  trustCoefficient: z
    .number()
    .positive()
    .max(1, 'at most 1: a step would be longer than the parameter')
    .default(0.001)
    .describe('Length of a step at learning rate 1, as a share of the norm of the parameter'),
  adaptVectors,
});
const options = rule.extend(rates(1, 'rule'));

/**
 * SGD with momentum whose gradient is scaled, parameter by parameter, to the parameter's own norm. The learning rate
 * goes into the velocity, as in the paper; the local rate is 1 where ‖θ‖ or ‖g‖ + λ‖θ‖ is 0.
 */
export const lars = {
  kind: 'lars',
  title: 'LARS',
  summary: 'Momentum with one rate per parameter, which ties its step to its norm: for very large batches.',
  formula: 'κ = τ‖θ‖ / (‖g‖ + λ‖θ‖);  v ← μv + ηκ(g + λθ);  θ ← θ − v',
  paper: 'You, Gitman, Ginsburg 2017, Large Batch Training of Convolutional Networks, arXiv:1708.03888',
  whenToUse: 'For batches of thousands of images with SGD; needs a warm-up.',
  conventions:
    "PyTorch and Keras have none; timm's LARS keeps the rate outside the velocity, which differs where the rate changes.",
  decay: 'rule',
  adaptive: false,
  momentumOption: 'momentum',
  options,
  resolved: rule,
  variants: [{}, { momentum: 0.5, trustCoefficient: 0.02, weightDecay: 0.1, adaptVectors: false }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: () => ({ momentum: 0 }),
  update: (algebra, o, { parameter, gradient, slots, learningRate, weightDecay, shape }) => {
    const { add, subtract, scale, norm } = algebra;
    const size = norm(parameter);
    const plain = isVector(shape) && !o.adaptVectors;
    const ratio = plain ? 1 : trustRatio(o.trustCoefficient * size, norm(gradient) + weightDecay * size);
    const decayed = add(gradient, scale(parameter, weightDecay));
    const velocity = add(scale(slots.momentum, o.momentum), scale(decayed, learningRate * ratio));
    return { parameter: subtract(parameter, velocity), slots: { momentum: velocity } };
  },
} satisfies OptimizerDefinition<'lars', z.output<typeof options>, z.output<typeof rule>, 'momentum'>;
