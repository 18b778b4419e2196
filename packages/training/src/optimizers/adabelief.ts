import { z } from 'zod';
import { epsilon, type OptimizerDefinition, rates } from './definition.js';
import { momentRates, running } from './moments.js';

const rule = z.strictObject({
  kind: z.literal('adabelief'),
  ...momentRates,
  epsilon: epsilon.default(1e-16),
});
const options = rule.extend(rates(0.001, 'decoupled'));

/**
 * Adam that divides by how far gradients are from their mean. Epsilon stays in s from step to step, and is added to the
 * root once more, as in the authors' code; without that code's optional rectification.
 */
export const adabelief = {
  kind: 'adabelief',
  title: 'AdaBelief',
  summary: 'Adam that trusts what it expected: long steps where gradients agree with their mean, short else.',
  formula: 'm ← β₁m + (1 − β₁)g;  s ← β₂s + (1 − β₂)(g − m)² + ε;  θ ← θ − η m̂ / (√ŝ + ε)',
  paper:
    'Zhuang et al. 2020, AdaBelief Optimizer: Adapting Stepsizes by the Belief in Observed Gradients, arXiv:2010.07468',
  whenToUse: 'In place of Adam on noisy gradients; mind that ε 1e-16 matters here.',
  conventions: "Neither PyTorch nor Keras has it; as the authors' code without rectification, ε 1e-16.",
  decay: 'decoupled',
  adaptive: true,
  momentumOption: 'beta1',
  options,
  resolved: rule,
  variants: [{}, { beta2: 0.9, epsilon: 1e-3, weightDecay: 0.1 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: () => ({ mean: 0, variance: 0 }),
  update: (algebra, o, { parameter, gradient, slots, learningRate, step }) => {
    const { subtract, multiply, quotient, scale, shift, squareRoot } = algebra;
    const mean = running(algebra, slots.mean, gradient, o.beta1);
    const surprise = subtract(gradient, mean);
    const variance = shift(
      running(algebra, slots.variance, multiply(surprise, surprise), o.beta2),
      o.epsilon,
    );
    const sigma = shift(scale(squareRoot(variance), 1 / Math.sqrt(1 - o.beta2 ** step)), o.epsilon);
    const change = scale(quotient(mean, sigma), learningRate / (1 - o.beta1 ** step));
    return { parameter: subtract(parameter, change), slots: { mean, variance } };
  },
} satisfies OptimizerDefinition<
  'adabelief',
  z.output<typeof options>,
  z.output<typeof rule>,
  'mean' | 'variance'
>;
