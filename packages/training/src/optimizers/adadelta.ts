import { z } from 'zod';
import { decayRate, type OptimizerDefinition, rates } from './definition.js';
import { running } from './moments.js';

const rule = z.strictObject({
  kind: z.literal('adadelta'),
  convention: z
    .enum(['pytorch', 'keras'])
    .default('pytorch')
    .describe('One rule with other defaults: ρ 0.9, ε 1e-6 (pytorch) or ρ 0.95, ε 1e-7 (keras)'),
  rho: decayRate
    .optional()
    .describe('Weight of the past in both means of squares; default 0.9 (pytorch), 0.95 (keras)'),
  epsilon: z
    .number()
    .positive('greater than 0: with 0 no weight would ever move')
    .max(1, 'at most 1: a larger term hides the gradient history')
    .optional()
    .describe('Added inside both roots; it starts the movement. Default 1e-6 (pytorch), 1e-7 (keras)'),
});
const resolved = rule.required({ rho: true, epsilon: true });
const options = rule.extend(rates(1));

const conventionDefaults = { pytorch: { rho: 0.9, epsilon: 1e-6 }, keras: { rho: 0.95, epsilon: 1e-7 } };

/** The size of a step comes from the steps before it. Keras's default learning rate is 0.001, PyTorch's is 1. */
export const adadelta = {
  kind: 'adadelta',
  title: 'Adadelta',
  summary: 'RMSProp that measures its own step size from past changes: learning rate 1, slow at first.',
  formula: 'v ← ρv + (1 − ρ)g²;  u = √(d + ε) / √(v + ε) · g;  d ← ρd + (1 − ρ)u²;  θ ← θ − ηu',
  paper: 'Zeiler 2012, ADADELTA: An Adaptive Learning Rate Method, arXiv:1212.5701',
  whenToUse: 'When no learning rate shall be chosen at all; otherwise Adam is faster.',
  conventions:
    "One rule in both; PyTorch has rate 1, ρ 0.9, ε 1e-6, Keras rate 0.001, ρ 0.95, ε 1e-7: set learningRate yourself for Keras's form. TensorFlow.js 4.22 computes plain SGD under this name.",
  decay: 'l2',
  adaptive: false,
  options,
  resolved,
  variants: [{ epsilon: 1e-3 }, { convention: 'keras', weightDecay: 0.01 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => ({
    ...o,
    rho: o.rho ?? conventionDefaults[o.convention].rho,
    epsilon: o.epsilon ?? conventionDefaults[o.convention].epsilon,
  }),
  slots: () => ({ square: 0, change: 0 }),
  update: (algebra, o, { parameter, gradient, slots, learningRate }) => {
    const { subtract, multiply, quotient, scale, shift, squareRoot } = algebra;
    const square = running(algebra, slots.square, multiply(gradient, gradient), o.rho);
    const root = (a: typeof gradient) => squareRoot(shift(a, o.epsilon));
    const step = multiply(quotient(root(slots.change), root(square)), gradient);
    const change = running(algebra, slots.change, multiply(step, step), o.rho);
    return { parameter: subtract(parameter, scale(step, learningRate)), slots: { square, change } };
  },
} satisfies OptimizerDefinition<
  'adadelta',
  z.output<typeof options>,
  z.output<typeof resolved>,
  'square' | 'change'
>;
