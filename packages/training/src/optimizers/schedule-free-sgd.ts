import { z } from 'zod';
import { decayRate, type OptimizerDefinition, rates } from './definition.js';
import { type MeanSlot, meanOf, meanOptions, meanSlotShape, meanSlots, meanStep } from './schedule-free.js';

const rule = z.strictObject({
  kind: z.literal('schedule-free-sgd'),
  momentum: decayRate
    .default(0.9)
    .describe('β: where between the fast weights (0) and their mean (1) gradients are taken'),
  ...meanOptions,
});
const options = rule.extend(rates(1));

/** SGD whose mean of weights takes the place of a decaying learning rate. Validation and models use the mean. */
export const scheduleFreeSgd = {
  kind: 'schedule-free-sgd',
  title: 'Schedule-Free SGD',
  summary:
    'SGD that averages its weights instead of lowering the rate: constant schedule, at most a warm-up.',
  formula: 'y = (1 − β)z + βx;  z ← z − η g(y);  x ← (1 − c)x + cz,  c = wₜ / Σw,  w = tʳ ηₘₐₓᵖ',
  paper: 'Defazio et al. 2024, The Road Less Scheduled, arXiv:2405.15682',
  whenToUse:
    'As Schedule-Free AdamW, where SGD generalises better; needs a larger rate than SGD, and a warm-up to it.',
  conventions:
    "PyTorch and Keras have none; the authors' package needs optimizer.eval() before evaluation, which the trainer does here.",
  decay: 'l2',
  adaptive: false,
  options,
  resolved: rule,
  variants: [{}, { momentum: 0.5, weightPower: 1, stepPower: 2, weightDecay: 0.01 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: meanSlots,
  slotShape: meanSlotShape,
  evaluated: (algebra, o, state) => meanOf(algebra, o.momentum, state),
  update: (algebra, o, input) => {
    const step = { direction: input.gradient, rate: input.learningRate };
    return meanStep(algebra, { ...o, beta: o.momentum }, input, step);
  },
} satisfies OptimizerDefinition<
  'schedule-free-sgd',
  z.output<typeof options>,
  z.output<typeof rule>,
  MeanSlot
>;
