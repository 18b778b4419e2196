import { z } from 'zod';
import { decayRate, type OptimizerDefinition, rates } from './definition.js';
import { running } from './moments.js';

const rule = z.strictObject({
  kind: z.literal('lion'),
  beta1: decayRate.default(0.9).describe('Weight of the momentum in the direction of a step'),
  beta2: decayRate.default(0.99).describe('Weight of the past in the momentum itself'),
});
const options = rule.extend(rates(0.0001, 'decoupled'));

/** Sign of an interpolated momentum. The authors advise a third to a tenth of AdamW's rate, and as much more decay. */
export const lion = {
  kind: 'lion',
  title: 'Lion',
  summary:
    'Every weight moves by exactly the learning rate, in the direction of its momentum: one slot, no root.',
  formula: 'θ ← θ(1 − ηλ) − η sign(β₁m + (1 − β₁)g);  m ← β₂m + (1 − β₂)g',
  paper: 'Chen et al. 2023, Symbolic Discovery of Optimization Algorithms, arXiv:2302.06675',
  whenToUse:
    "For large batches and long runs with little memory for state; rate a third to a tenth of AdamW's.",
  conventions: 'PyTorch has none; Keras has it with the same β and decays weights in the same way.',
  decay: 'decoupled',
  adaptive: true,
  momentumOption: 'beta1',
  options,
  resolved: rule,
  variants: [{}, { beta1: 0.5, beta2: 0.8, weightDecay: 0.1 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: () => ({ momentum: 0 }),
  update: (algebra, o, { parameter, gradient, slots, learningRate }) => {
    const direction = algebra.sign(running(algebra, slots.momentum, gradient, o.beta1));
    return {
      parameter: algebra.subtract(parameter, algebra.scale(direction, learningRate)),
      slots: { momentum: running(algebra, slots.momentum, gradient, o.beta2) },
    };
  },
} satisfies OptimizerDefinition<'lion', z.output<typeof options>, z.output<typeof rule>, 'momentum'>;
