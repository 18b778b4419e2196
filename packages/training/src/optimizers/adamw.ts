import { z } from 'zod';
import { adamOptions, resolveAdam, updateAdam } from './adam.js';
import { type OptimizerDefinition, rates } from './definition.js';
import { type MomentSlot, momentSlots } from './moments.js';

const rule = z.strictObject({ kind: z.literal('adamw'), ...adamOptions });
const resolved = rule.required({ epsilon: true });
const options = rule.extend(rates(0.001, 'decoupled', 0.01));

/** Adam whose weight decay does not pass through its adaptive rates. Keras's default weight decay is 0.004. */
export const adamw = {
  kind: 'adamw',
  title: 'AdamW',
  summary: 'Adam with decoupled weight decay, which pulls all weights alike: the usual choice with decay.',
  formula: 'θ ← θ(1 − ηλ);  then as Adam:  θ ← θ − η m̂ / (√v̂ + ε)',
  paper: 'Loshchilov, Hutter 2019, Decoupled Weight Decay Regularization, arXiv:1711.05101',
  whenToUse: 'The usual choice whenever weights are to be decayed, above all with a cosine schedule.',
  conventions:
    "θ(1 − ηλ) before the step, as in PyTorch; the default decay is PyTorch's 0.01, Keras has 0.004. ε as in Adam.",
  decay: 'decoupled',
  adaptive: true,
  momentumOption: 'beta1',
  options,
  resolved,
  variants: [{}, { weightDecay: 0.3 }, { convention: 'keras', epsilon: 1e-3 }],
  resolve: resolveAdam,
  slots: momentSlots,
  update: updateAdam,
} satisfies OptimizerDefinition<'adamw', z.output<typeof options>, z.output<typeof resolved>, MomentSlot>;
