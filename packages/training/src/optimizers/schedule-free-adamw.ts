import { z } from 'zod';
import { decayRate, epsilon, type OptimizerDefinition, rates } from './definition.js';
import { running } from './moments.js';
import { type MeanSlot, meanOf, meanOptions, meanSlotShape, meanSlots, meanStep } from './schedule-free.js';

const rule = z.strictObject({
  kind: z.literal('schedule-free-adamw'),
  beta1: decayRate
    .default(0.9)
    .describe('β: where between the fast weights (0) and their mean (1) gradients are taken'),
  beta2: decayRate.default(0.999).describe('Weight of the past in the mean of squared gradients'),
  epsilon: epsilon.default(1e-8),
  ...meanOptions,
});
const options = rule.extend(rates(0.0025, 'rule'));

type Slot = MeanSlot | 'square';

/**
 * AdamW whose mean of weights takes the place of momentum and of a decaying learning rate. As in the paper the bias
 * correction belongs to the learning rate (and so to the weights of the mean), and decay is taken at y.
 */
export const scheduleFreeAdamw = {
  kind: 'schedule-free-adamw',
  title: 'Schedule-Free AdamW',
  summary:
    'AdamW that averages its weights instead of lowering the rate: constant schedule, at most a warm-up.',
  formula: 'γ = η√(1 − β₂ᵗ);  y = (1 − β₁)z + β₁x;  z ← z − γ(g(y) / (√v + ε) + λy);  x ← (1 − c)x + cz',
  paper: 'Defazio et al. 2024, The Road Less Scheduled, arXiv:2405.15682',
  whenToUse: 'When the length of the run is not known beforehand: stop when you like.',
  conventions:
    "PyTorch has none; the authors' package needs optimizer.eval() before evaluation, which the trainer does here. This is the paper's form, since version 1.3 of that package AdamWScheduleFreePaper; its newer AdamWScheduleFree corrects the bias of v instead. Keras: ScheduleFreeAdamW.",
  decay: 'rule',
  adaptive: true,
  options,
  resolved: rule,
  variants: [{}, { beta1: 0.5, beta2: 0.9, epsilon: 1e-3, stepPower: 1, weightPower: 0, weightDecay: 0.1 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: () => ({ ...meanSlots(), square: 0 }),
  slotShape: meanSlotShape,
  evaluated: (algebra, o, state) => meanOf(algebra, o.beta1, state),
  update: (algebra, o, input) => {
    const { add, multiply, quotient, scale, shift, squareRoot } = algebra;
    const { parameter, gradient, slots, learningRate, weightDecay, step } = input;
    const square = running(algebra, slots.square, multiply(gradient, gradient), o.beta2);
    const adam = quotient(gradient, shift(squareRoot(square), o.epsilon));
    const direction = add(adam, scale(parameter, weightDecay));
    const rate = learningRate * Math.sqrt(1 - o.beta2 ** step);
    const moved = meanStep(algebra, { ...o, beta: o.beta1 }, input, { direction, rate });
    return { ...moved, slots: { ...moved.slots, square } };
  },
} satisfies OptimizerDefinition<'schedule-free-adamw', z.output<typeof options>, z.output<typeof rule>, Slot>;
