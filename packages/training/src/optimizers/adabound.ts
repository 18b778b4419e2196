import { z } from 'zod';
import { type OptimizerDefinition, rates } from './definition.js';
import { type MomentSlot, momentOptions, momentSlots, moments } from './moments.js';

const rule = z.strictObject({
  kind: z.literal('adabound'),
  ...momentOptions,
  finalFactor: z
    .number()
    .positive()
    .max(1e6, 'at most 1e6: no network trains at that rate')
    .default(100)
    .describe(
      'Rate of the SGD that it turns into, in multiples of learningRate (the paper’s 0.1 at 0.001 is 100)',
    ),
  convergence: z
    .number()
    .positive()
    .max(1, 'at most 1: the bounds would meet in the first steps')
    .default(0.001)
    .describe('γ: how fast the bounds close, F(1 − 1/(γt + 1)) … F(1 + 1/(γt))'),
});
const options = rule.extend(rates(0.001));

/** Adam whose rates are held between bounds that close. The scheduled rate moves the final rate with it. */
export const adabound = {
  kind: 'adabound',
  title: 'AdaBound',
  summary: 'Adam that turns into SGD: bounds on the rate of every weight close in on one common value.',
  formula: 'm, v as Adam;  θ ← θ − m · clip(η√(1 − β₂ᵗ) / ((1 − β₁ᵗ)(√v + ε)), lower(t), upper(t))',
  paper:
    'Luo, Xiong, Liu, Sun 2019, Adaptive Gradient Methods with Dynamic Bound of Learning Rate, arXiv:1902.09843',
  whenToUse: 'When Adam starts well but SGD would end better, and one run shall do both.',
  conventions:
    "Neither PyTorch nor Keras has it; this is the authors' code, with the final rate given as a multiple of the learning rate.",
  decay: 'l2',
  adaptive: true,
  momentumOption: 'beta1',
  options,
  resolved: rule,
  variants: [{}, { finalFactor: 2, convergence: 0.2, weightDecay: 0.01 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: momentSlots,
  update: (algebra, o, { parameter, gradient, slots, learningRate, step }) => {
    const { subtract, quotient, scale, shift, squareRoot, atLeast, atMost } = algebra;
    const { mean, square } = moments(algebra, o, slots, gradient);
    // The denominator is clipped in place of the rate: the same, and the learning rate, which may be 0, cancels out.
    const correction = Math.sqrt(1 - o.beta2 ** step) / (1 - o.beta1 ** step);
    const pace = o.convergence * step;
    const least = correction / (o.finalFactor * (1 + 1 / pace));
    const most = correction / (o.finalFactor * (1 - 1 / (pace + 1)));
    const sigma = atMost(atLeast(shift(squareRoot(square), o.epsilon), least), most);
    const change = scale(quotient(mean, sigma), learningRate * correction);
    return { parameter: subtract(parameter, change), slots: { mean, square } };
  },
} satisfies OptimizerDefinition<'adabound', z.output<typeof options>, z.output<typeof rule>, MomentSlot>;
