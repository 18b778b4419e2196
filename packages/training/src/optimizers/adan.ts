import { z } from 'zod';
import { decayRate, epsilon, type OptimizerDefinition, rates } from './definition.js';
import { running } from './moments.js';

const rule = z.strictObject({
  kind: z.literal('adan'),
  beta1: decayRate
    .default(0.98)
    .describe('Weight of the past in the mean of gradients (1 − β₁ of the paper)'),
  beta2: decayRate
    .default(0.92)
    .describe('Weight of the past in the mean of changes of the gradient (1 − β₂ of the paper)'),
  beta3: decayRate
    .default(0.99)
    .describe('Weight of the past in the mean of squares of the look-ahead gradient (1 − β₃ of the paper)'),
  epsilon: epsilon.default(1e-8),
});
const options = rule.extend(rates(0.001, 'rule'));

type Slot = 'mean' | 'difference' | 'square' | 'previous';

/** Nesterov momentum without a second gradient: from how the gradient changes. Corrected for starting at 0. */
export const adan = {
  kind: 'adan',
  title: 'Adan',
  summary:
    'Adam with a Nesterov momentum made from changes of the gradient: large rates and batches, four slots.',
  formula: 'Δ = g − gₜ₋₁;  m, d, n: means of g, Δ, (g + β₂Δ)²;  θ ← (θ − η(m̂ + β₂d̂) / (√n̂ + ε)) / (1 + ηλ)',
  paper: 'Xie et al. 2022, Adan: Adaptive Nesterov Momentum Algorithm, arXiv:2208.06677',
  whenToUse: 'For large rates and batches when memory for four slots is there.',
  conventions:
    "PyTorch and Keras have none. β are weights of the past, 1 − β of the paper; the authors' code decays weights by division, as here. The paper's restart is left out.",
  decay: 'rule',
  adaptive: true,
  momentumOption: 'beta1',
  options,
  resolved: rule,
  variants: [{}, { beta1: 0.9, beta3: 0.9, epsilon: 1e-3, weightDecay: 0.1 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: () => ({ mean: 0, difference: 0, square: 0, previous: 0 }),
  update: (algebra, o, { parameter, gradient, slots, learningRate, weightDecay, step }) => {
    const { add, subtract, multiply, quotient, scale, shift, squareRoot } = algebra;
    const change = scale(subtract(gradient, slots.previous), step === 1 ? 0 : 1);
    const ahead = add(gradient, scale(change, o.beta2));
    const mean = running(algebra, slots.mean, gradient, o.beta1);
    const difference = running(algebra, slots.difference, change, o.beta2);
    const square = running(algebra, slots.square, multiply(ahead, ahead), o.beta3);
    const sigma = shift(scale(squareRoot(square), 1 / Math.sqrt(1 - o.beta3 ** step)), o.epsilon);
    const direction = add(
      scale(mean, learningRate / (1 - o.beta1 ** step)),
      scale(difference, (learningRate * o.beta2) / (1 - o.beta2 ** step)),
    );
    const moved = subtract(parameter, quotient(direction, sigma));
    return {
      parameter: scale(moved, 1 / (1 + learningRate * weightDecay)),
      slots: { mean, difference, square, previous: gradient },
    };
  },
} satisfies OptimizerDefinition<'adan', z.output<typeof options>, z.output<typeof rule>, Slot>;
