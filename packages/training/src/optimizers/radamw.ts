import { z } from 'zod';
import { type OptimizerDefinition, rates } from './definition.js';
import { type MomentSlot, momentOptions, momentSlots } from './moments.js';
import { updateRadam } from './radam.js';

const rule = z.strictObject({ kind: z.literal('radamw'), ...momentOptions });
const options = rule.extend(rates(0.001, 'decoupled', 0.01));

/** RAdam whose weight decay does not pass through its adaptive rates. */
export const radamw = {
  kind: 'radamw',
  title: 'RAdamW',
  summary: 'RAdam with decoupled weight decay: warms up by itself and pulls all weights alike.',
  formula: 'θ ← θ(1 − ηλ);  then as RAdam',
  paper: 'Liu et al. 2020, arXiv:1908.03265; decay: Loshchilov, Hutter 2019, arXiv:1711.05101',
  whenToUse: 'As RAdam, with decoupled weight decay.',
  conventions: 'PyTorch: RAdam with decoupled_weight_decay=True. Keras has none.',
  decay: 'decoupled',
  adaptive: true,
  momentumOption: 'beta1',
  options,
  resolved: rule,
  variants: [{}, { weightDecay: 0.3, beta2: 0.9 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: momentSlots,
  update: updateRadam,
} satisfies OptimizerDefinition<'radamw', z.output<typeof options>, z.output<typeof rule>, MomentSlot>;
