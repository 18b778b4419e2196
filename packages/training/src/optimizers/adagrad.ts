import { z } from 'zod';
import { epsilon, type OptimizerDefinition, rates } from './definition.js';

const rule = z.strictObject({
  kind: z.literal('adagrad'),
  convention: z
    .enum(['pytorch', 'lecture', 'keras'])
    .default('pytorch')
    .describe(
      'pytorch: σ = √S + ε; lecture: root mean square σ = √(S/t) + ε, so the first step is ±η; keras: σ = √(S + ε), S starts at 0.1',
    ),
  epsilon: epsilon.optional().describe('Default 1e-10 (pytorch), 0 (lecture), 1e-7 (keras)'),
  initialAccumulator: z
    .number()
    .min(0)
    .max(1e6, 'at most 1e6: larger values stop all learning')
    .optional()
    .describe('S before the first step; default 0, in keras 0.1'),
  learningRateDecay: z
    .number()
    .min(0)
    .max(1e6, 'at most 1e6: larger values stop all learning')
    .default(0)
    .describe('d in η / (1 + d(t − 1)), beside the schedule (pytorch convention)'),
});
const resolved = rule.required({ epsilon: true, initialAccumulator: true });
const options = rule.extend(rates(0.01)).superRefine((o, context) => {
  if (o.learningRateDecay !== 0 && o.convention !== 'pytorch')
    context.addIssue({
      code: 'custom',
      path: ['learningRateDecay'],
      message: 'exists only in the pytorch convention',
    });
});

type Options = z.output<typeof options>;
type Resolved = z.output<typeof resolved>;

const conventionDefaults = {
  pytorch: { epsilon: 1e-10, initialAccumulator: 0 },
  lecture: { epsilon: 0, initialAccumulator: 0 },
  keras: { epsilon: 1e-7, initialAccumulator: 0.1 },
};

/** Divides by the root of all squared gradients so far (S), or of their mean in the lecture's form. */
export const adagrad = {
  kind: 'adagrad',
  title: 'AdaGrad',
  summary: 'A learning rate per parameter that only ever shrinks: large past gradients, small steps.',
  formula: 'S ← S + g²;  θ ← θ − η g / (√S + ε)',
  paper:
    'Duchi, Hazan, Singer 2011, Adaptive Subgradient Methods for Online Learning and Stochastic Optimization',
  whenToUse: 'For rare features and short runs; in long ones its steps die out.',
  conventions:
    "PyTorch adds ε outside the root, Keras 0.1 to the sum and ε inside the root; the lecture divides by the root of the mean, not of the sum, so its steps do not shrink by themselves. Keras's default learning rate is 0.001, which the convention does not change here: set learningRate. weightDecay is L2 here; Keras decays weights apart from the gradient.",
  decay: 'l2',
  adaptive: false,
  options,
  resolved,
  variants: [
    {},
    { initialAccumulator: 0.2, learningRateDecay: 0.1 },
    { convention: 'lecture', weightDecay: 0.01 },
    { convention: 'keras' },
  ],
  resolve: (o: Options): Resolved => ({
    kind: o.kind,
    convention: o.convention,
    epsilon: o.epsilon ?? conventionDefaults[o.convention].epsilon,
    initialAccumulator: o.initialAccumulator ?? conventionDefaults[o.convention].initialAccumulator,
    learningRateDecay: o.learningRateDecay,
  }),
  slots: (o) => ({ sum: o.initialAccumulator }),
  update: (algebra, o, { parameter, gradient, slots, learningRate, step }) => {
    const { add, subtract, multiply, quotient, scale, shift, squareRoot } = algebra;
    const sum = add(slots.sum, multiply(gradient, gradient));
    const sigma =
      o.convention === 'keras'
        ? squareRoot(shift(sum, o.epsilon))
        : shift(squareRoot(o.convention === 'lecture' ? scale(sum, 1 / step) : sum), o.epsilon);
    const change = scale(quotient(gradient, sigma), learningRate / (1 + (step - 1) * o.learningRateDecay));
    return { parameter: subtract(parameter, change), slots: { sum } };
  },
} satisfies OptimizerDefinition<'adagrad', Options, Resolved, 'sum'>;
