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
  whenToUse: 'In place of SGD when rate and decay are tuned apart from each other.',
  conventions:
    'PyTorch has only L2 in SGD. The decay is θ(1 − ηλ), as PyTorch does it in AdamW and Keras in every optimizer with weight_decay; the paper multiplies λ by the schedule alone, not by the base rate.',
  decay: 'decoupled',
  adaptive: false,
  momentumOption: 'momentum',
  options,
  resolved: rule,
  variants: [{}, { momentum: 0.9, weightDecay: 0.3 }, { convention: 'lecture', momentum: 0.9 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: sgdSlots,
  update: updateSgd,
} satisfies OptimizerDefinition<'sgdw', z.output<typeof options>, z.output<typeof rule>, 'momentum'>;
