import { z } from 'zod';
import type { Algebra } from '../algebra.js';
import { type OptimizerDefinition, rates, type UpdateInput, type UpdateResult } from './definition.js';
import { type MomentSlot, momentOptions, momentSlots, moments } from './moments.js';

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

export function updateRadam<A>(
  algebra: Algebra<A>,
  o: { beta1: number; beta2: number; epsilon: number },
  { parameter, gradient, slots, learningRate, step }: UpdateInput<A, MomentSlot>,
): UpdateResult<A, MomentSlot> {
  const { subtract, quotient, scale, shift, squareRoot } = algebra;
  const { mean, square } = moments(algebra, o, slots, gradient);
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
}

const rule = z.strictObject({ kind: z.literal('radam'), ...momentOptions });
const options = rule.extend(rates(0.001));

/** Adam whose adaptive rate is held back while its statistics are young. Epsilon is not bias-corrected (PyTorch). */
export const radam = {
  kind: 'radam',
  title: 'RAdam',
  summary:
    'Adam with its own warm-up: momentum only, until enough gradients were seen to trust their variance.',
  formula: 'ρₜ > 5:  θ ← θ − η rₜ m̂ √(1 − β₂ᵗ) / (√v + ε);  else θ ← θ − η m̂',
  paper: 'Liu et al. 2020, On the Variance of the Adaptive Learning Rate and Beyond, arXiv:1908.03265',
  whenToUse: 'In place of Adam with a warm-up, when no length for the warm-up is known.',
  conventions:
    'As PyTorch: rectified from ρ > 5, and ε is added to √v before the correction. The first five steps at β₂ 0.999 are momentum alone. Keras has none.',
  decay: 'l2',
  adaptive: true,
  momentumOption: 'beta1',
  options,
  resolved: rule,
  variants: [{}, { beta2: 0.9, weightDecay: 0.01 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: momentSlots,
  update: updateRadam,
} satisfies OptimizerDefinition<'radam', z.output<typeof options>, z.output<typeof rule>, MomentSlot>;
