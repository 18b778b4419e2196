import { z } from 'zod';
import { type OptimizerDefinition, rates } from './definition.js';
import { type MomentSlot, momentSlots } from './moments.js';
import { nadamOptions, updateNadam } from './nadam.js';

const rule = z.strictObject({ kind: z.literal('nadamw'), ...nadamOptions });
const options = rule.extend(rates(0.002, 'decoupled', 0.01));

/** NAdam whose weight decay does not pass through its adaptive rates. */
export const nadamw = {
  kind: 'nadamw',
  title: 'NAdamW',
  summary: 'NAdam with decoupled weight decay: the baseline of the AlgoPerf comparison of training methods.',
  formula: 'θ ← θ(1 − ηλ);  then as NAdam',
  paper:
    'Dozat 2016, Incorporating Nesterov Momentum into Adam; decay: Loshchilov, Hutter 2019, arXiv:1711.05101',
  whenToUse: 'As AdamW, with a look-ahead; a strong baseline for long runs.',
  conventions: 'PyTorch: NAdam with decoupled_weight_decay=True. Keras: Nadam with weight_decay.',
  decay: 'decoupled',
  adaptive: true,
  options,
  resolved: rule,
  variants: [{}, { weightDecay: 0.3, beta2: 0.9 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: momentSlots,
  update: updateNadam,
} satisfies OptimizerDefinition<'nadamw', z.output<typeof options>, z.output<typeof rule>, MomentSlot>;
