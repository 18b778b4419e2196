import { z } from 'zod';
import { type OptimizerDefinition, rates } from './definition.js';

const rule = z.strictObject({
  kind: z.literal('rprop'),
  shrink: z
    .number()
    .positive()
    .lt(1, 'less than 1: steps must become shorter where the gradient turns')
    .default(0.5)
    .describe('Factor of the step size where the gradient has changed its sign'),
  grow: z
    .number()
    .gt(1, 'greater than 1: steps must become longer where the gradient keeps its sign')
    .max(10, 'at most 10')
    .default(1.2)
    .describe('Factor of the step size where the gradient has kept its sign'),
  smallestStep: z.number().positive().max(1).default(1e-6).describe('No step is shorter'),
  largestStep: z.number().positive().max(1e6).default(50).describe('No step is longer'),
});
const options = rule.extend(rates(0.01)).superRefine((o, context) => {
  if (o.smallestStep > o.largestStep)
    context.addIssue({
      code: 'custom',
      path: ['smallestStep'],
      message: `${o.smallestStep} is more than largestStep ${o.largestStep}`,
    });
});

/**
 * Steps from the signs of gradients alone; the learning rate is the first step size. As PyTorch's while the rate is
 * constant; a schedule scales all sizes, where PyTorch would ignore it.
 */
export const rprop = {
  kind: 'rprop',
  title: 'Rprop',
  summary:
    'A step size per weight that grows while its gradient keeps its sign; for full batches, not small ones.',
  formula: 'sign kept: s ← min(1.2 s, s_max);  turned: s ← max(0.5 s, s_min), g ← 0;  θ ← θ − s sign(g)',
  paper:
    'Riedmiller, Braun 1993, A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP Algorithm',
  whenToUse: 'For full-batch training of small networks; noise of small batches turns signs and ruins it.',
  conventions:
    'As PyTorch while the rate is constant; a schedule scales all step sizes here and is ignored there. Keras has none.',
  decay: 'l2',
  adaptive: true,
  options,
  resolved: rule,
  variants: [{}, { grow: 2, shrink: 0.3, smallestStep: 0.005, largestStep: 0.03, weightDecay: 0.01 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  // In multiples of the learning rate.
  slots: () => ({ size: 1, previous: 0 }),
  update: (algebra, o, { parameter, gradient, slots, learningRate }) => {
    const { add, subtract, multiply, scale, shift, sign, atLeast, atMost } = algebra;
    const turn = multiply(sign(gradient), sign(slots.previous));
    const turned = atMost(turn, 0);
    const factor = add(shift(scale(atLeast(turn, 0), o.grow - 1), 1), scale(turned, 1 - o.shrink));
    const [least, most] =
      learningRate > 0
        ? [o.smallestStep / learningRate, o.largestStep / learningRate]
        : [0, Number.POSITIVE_INFINITY];
    const size = atMost(atLeast(multiply(slots.size, factor), least), most);
    const previous = multiply(gradient, shift(turned, 1));
    const change = scale(multiply(sign(previous), size), learningRate);
    return { parameter: subtract(parameter, change), slots: { size, previous } };
  },
} satisfies OptimizerDefinition<
  'rprop',
  z.output<typeof options>,
  z.output<typeof rule>,
  'size' | 'previous'
>;
