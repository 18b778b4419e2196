import { z } from 'zod';
import { decayRate, epsilon, type OptimizerDefinition, rates } from './definition.js';

const rule = z.strictObject({
  kind: z.literal('adam'),
  beta1: decayRate.default(0.9).describe('Weight of the past in the mean of gradients'),
  beta2: decayRate.default(0.999).describe('Weight of the past in the mean of squared gradients'),
  epsilon: epsilon.default(1e-8),
});
const options = rule.extend(rates(0.001));

type Options = z.output<typeof options>;
type Resolved = z.output<typeof rule>;

/** RMSProp plus momentum, both corrected for starting at 0. Epsilon is added after the correction (PyTorch). */
export const adam = {
  kind: 'adam',
  title: 'Adam',
  summary: 'RMSProp plus momentum with bias correction: fast and forgiving, the usual first choice.',
  formula: 'm ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;  θ ← θ − η m̂ / (√v̂ + ε)',
  paper: 'Kingma, Ba 2015, Adam: A Method for Stochastic Optimization, arXiv:1412.6980',
  decay: 'l2',
  adaptive: true,
  options,
  resolved: rule,
  variants: [{}, { beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.01 }],
  resolve: ({ learningRate: _, weightDecay: __, ...resolved }: Options): Resolved => resolved,
  slots: () => ({ mean: 0, square: 0 }),
  update: (algebra, o, { parameter, gradient, slots, learningRate, step }) => {
    const { add, subtract, multiply, quotient, scale, shift, squareRoot } = algebra;
    const mean = add(scale(slots.mean, o.beta1), scale(gradient, 1 - o.beta1));
    const square = add(scale(slots.square, o.beta2), scale(multiply(gradient, gradient), 1 - o.beta2));
    const correction1 = 1 - o.beta1 ** step;
    const correction2 = 1 - o.beta2 ** step;
    const sigma = shift(scale(squareRoot(square), 1 / Math.sqrt(correction2)), o.epsilon);
    const change = scale(quotient(mean, sigma), learningRate / correction1);
    return { parameter: subtract(parameter, change), slots: { mean, square } };
  },
} satisfies OptimizerDefinition<'adam', Options, Resolved, 'mean' | 'square'>;
