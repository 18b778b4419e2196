import { z } from 'zod';
import { decayRate, epsilon, type OptimizerDefinition, rates } from './definition.js';

const rule = z.strictObject({
  kind: z.literal('radam'),
  beta1: decayRate.default(0.9).describe('Weight of the past in the mean of gradients'),
  beta2: decayRate.default(0.999).describe('Weight of the past in the mean of squared gradients'),
  epsilon: epsilon.default(1e-8),
});
const options = rule.extend(rates(0.001));

type Options = z.output<typeof options>;
type Resolved = z.output<typeof rule>;

/**
 * r_t of the paper, or null while the variance of the adaptive rate is not tractable. PyTorch's threshold
 * ρ_t > 5 (the paper has 4): with β₂ = 0.999 the first five steps are not adapted.
 */
function rectification(beta2: number, step: number): number | null {
  const limit = 2 / (1 - beta2) - 1;
  const length = limit - (2 * step * beta2 ** step) / (1 - beta2 ** step);
  if (length <= 5) return null;
  return Math.sqrt(((length - 4) * (length - 2) * limit) / ((limit - 4) * (limit - 2) * length));
}

/** Adam whose adaptive rate is held back while its statistics are young. Epsilon is not bias-corrected (PyTorch). */
export const radam = {
  kind: 'radam',
  title: 'RAdam',
  summary:
    'Adam with its own warm-up: momentum only, until enough gradients were seen to trust their variance.',
  formula: 'ρₜ > 5:  θ ← θ − η rₜ m̂ √(1 − β₂ᵗ) / (√v + ε);  else θ ← θ − η m̂',
  paper: 'Liu et al. 2020, On the Variance of the Adaptive Learning Rate and Beyond, arXiv:1908.03265',
  decay: 'l2',
  adaptive: true,
  options,
  resolved: rule,
  variants: [{}, { beta2: 0.9, weightDecay: 0.01 }],
  resolve: ({ learningRate: _, weightDecay: __, ...resolved }: Options): Resolved => resolved,
  slots: () => ({ mean: 0, square: 0 }),
  update: (algebra, o, { parameter, gradient, slots, learningRate, step }) => {
    const { add, subtract, multiply, quotient, scale, shift, squareRoot } = algebra;
    const mean = add(scale(slots.mean, o.beta1), scale(gradient, 1 - o.beta1));
    const square = add(scale(slots.square, o.beta2), scale(multiply(gradient, gradient), 1 - o.beta2));
    const rate = learningRate / (1 - o.beta1 ** step);
    const rectified = rectification(o.beta2, step);
    const change =
      rectified === null
        ? scale(mean, rate)
        : scale(
            quotient(mean, shift(squareRoot(square), o.epsilon)),
            rate * rectified * Math.sqrt(1 - o.beta2 ** step),
          );
    return { parameter: subtract(parameter, change), slots: { mean, square } };
  },
} satisfies OptimizerDefinition<'radam', Options, Resolved, 'mean' | 'square'>;
