import { z } from 'zod';
import { type OptimizerDefinition, rates } from './definition.js';
import { type MomentSlot, momentOptions, momentSlots, moments } from './moments.js';
import { adaptVectors, isVector, trustRatio } from './trust-ratio.js';

const rule = z.strictObject({
  kind: z.literal('lamb'),
  ...momentOptions,
  epsilon: momentOptions.epsilon.unwrap().default(1e-6),
  adaptVectors,
});
const options = rule.extend(rates(0.001, 'rule', 0.01));

/**
 * Adam whose step is scaled, parameter by parameter, to the parameter's own norm: for large batches. The paper's
 * Algorithm 2 with φ(z) = z; the trust ratio is 1 where a norm is 0. It does not clip the gradient by itself.
 */
export const lamb = {
  kind: 'lamb',
  title: 'LAMB',
  summary:
    'Adam with one trust ratio per parameter, which ties its step to its norm: for very large batches.',
  formula: 'u = m̂ / (√v̂ + ε) + λθ;  θ ← θ − η (‖θ‖ / ‖u‖) u',
  paper: 'You et al. 2020, Large Batch Optimization for Deep Learning, arXiv:1904.00962',
  whenToUse: "For batches of thousands of images with Adam's ease.",
  conventions:
    "PyTorch has none; Keras's Lamb and timm's scale all parameters likewise, and timm leaves out those without decay. The paper's φ is the identity here; the gradient is not clipped first, as some codes do.",
  decay: 'rule',
  adaptive: false,
  momentumOption: 'beta1',
  options,
  resolved: rule,
  variants: [{}, { beta2: 0.9, epsilon: 1e-3, weightDecay: 0.1, adaptVectors: false }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: momentSlots,
  update: (algebra, o, { parameter, gradient, slots, learningRate, weightDecay, step, shape }) => {
    const { add, subtract, quotient, scale, shift, squareRoot } = algebra;
    const { mean, square } = moments(algebra, o, slots, gradient);
    const sigma = shift(scale(squareRoot(square), 1 / Math.sqrt(1 - o.beta2 ** step)), o.epsilon);
    const adam = quotient(scale(mean, 1 / (1 - o.beta1 ** step)), sigma);
    const direction = add(adam, scale(parameter, weightDecay));
    const ratio =
      isVector(shape) && !o.adaptVectors ? 1 : trustRatio(algebra.norm(parameter), algebra.norm(direction));
    return {
      parameter: subtract(parameter, scale(direction, learningRate * ratio)),
      slots: { mean, square },
    };
  },
} satisfies OptimizerDefinition<'lamb', z.output<typeof options>, z.output<typeof rule>, MomentSlot>;
