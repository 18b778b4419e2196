import { z } from 'zod';
import { epsilon, type OptimizerDefinition, rates } from './definition.js';
import { momentRates, running } from './moments.js';

const rule = z.strictObject({
  kind: z.literal('adamax'),
  convention: z
    .enum(['pytorch', 'keras'])
    .default('pytorch')
    .describe('Where ε enters. pytorch: u ← max(β₂u, |g| + ε); keras: u ← max(β₂u, |g|), and u + ε divides'),
  beta1: momentRates.beta1,
  beta2: momentRates.beta2.describe('Share of the largest gradient that is kept from step to step'),
  epsilon: epsilon.optional().describe('Default 1e-8 (pytorch), 1e-7 (keras)'),
});
const resolved = rule.required({ epsilon: true });
const options = rule.extend(rates(0.002));

/** Adam with the largest recent gradient in place of the root of the mean of squares. */
export const adamax = {
  kind: 'adamax',
  title: 'Adamax',
  summary:
    'Adam that divides by the largest recent gradient: steps of bounded size, calm where gradients spike.',
  formula: 'm ← β₁m + (1 − β₁)g;  u ← max(β₂u, |g| + ε);  θ ← θ − η m̂ / u',
  paper: 'Kingma, Ba 2015, Adam: A Method for Stochastic Optimization, arXiv:1412.6980, section 7.1',
  whenToUse: 'When gradients have spikes: the size of a step is bounded by the rate.',
  conventions:
    "PyTorch adds ε to |g| inside the maximum, Keras to u afterwards. Keras's default learning rate is 0.001, which the convention does not change here: set learningRate. weightDecay is L2 here; Keras decays weights apart from the gradient.",
  decay: 'l2',
  adaptive: true,
  momentumOption: 'beta1',
  options,
  resolved,
  variants: [{}, { beta2: 0.8, weightDecay: 0.01 }, { convention: 'keras', epsilon: 1e-3 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => ({
    ...o,
    epsilon: o.epsilon ?? (o.convention === 'keras' ? 1e-7 : 1e-8),
  }),
  slots: () => ({ mean: 0, largest: 0 }),
  update: (algebra, o, { parameter, gradient, slots, learningRate, step }) => {
    const { subtract, quotient, scale, shift, absolute, maximum } = algebra;
    const keras = o.convention === 'keras';
    const mean = running(algebra, slots.mean, gradient, o.beta1);
    const size = keras ? absolute(gradient) : shift(absolute(gradient), o.epsilon);
    const largest = maximum(scale(slots.largest, o.beta2), size);
    const change = quotient(mean, keras ? shift(largest, o.epsilon) : largest);
    const rate = learningRate / (1 - o.beta1 ** step);
    return { parameter: subtract(parameter, scale(change, rate)), slots: { mean, largest } };
  },
} satisfies OptimizerDefinition<
  'adamax',
  z.output<typeof options>,
  z.output<typeof resolved>,
  'mean' | 'largest'
>;
