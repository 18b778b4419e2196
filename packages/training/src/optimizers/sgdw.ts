import { z } from 'zod';
import { type OptimizerDefinition, rates } from './definition.js';
import { refuseContradictions, sgdOptions, sgdSlots, updateSgd } from './sgd.js';

const rule = z.strictObject({ kind: z.literal('sgdw'), ...sgdOptions });
const options = rule.extend(rates(0.01, 'decoupled', 0.01)).superRefine(refuseContradictions);

/** SGD whose weight decay does not enter the velocity. */
export const sgdw = {
  kind: 'sgdw',
  title: 'SGDW',
  summary: 'SGD with decoupled weight decay, which the momentum does not carry on after it has acted.',
  formula: 'θ ← θ(1 − ηλ);  m ← μm + g;  θ ← θ − ηm',
  paper: 'Loshchilov, Hutter 2019, Decoupled Weight Decay Regularization, arXiv:1711.05101',
  decay: 'decoupled',
  adaptive: false,
  options,
  resolved: rule,
  variants: [{}, { momentum: 0.9, weightDecay: 0.3 }, { convention: 'lecture', momentum: 0.9 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: sgdSlots,
  update: updateSgd,
} satisfies OptimizerDefinition<'sgdw', z.output<typeof options>, z.output<typeof rule>, 'momentum'>;
