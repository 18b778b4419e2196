import { z } from 'zod';
import { adamOptions, adamStep, resolveAdam } from './adam.js';
import { type OptimizerDefinition, rates } from './definition.js';
import { type MomentSlot, momentSlots, moments } from './moments.js';

const rule = z.strictObject({ kind: z.literal('amsgrad'), ...adamOptions });
const resolved = rule.required({ epsilon: true });
const options = rule.extend(rates(0.001));

/** Adam whose rates never grow again. The maximum is of the uncorrected mean of squares, as in PyTorch and Keras. */
export const amsgrad = {
  kind: 'amsgrad',
  title: 'AMSGrad',
  summary:
    'Adam that divides by the largest mean of squares so far, so that a rare large gradient stays felt.',
  formula: 'm, v as Adam;  w ← max(w, v);  θ ← θ − η m̂ / (√(w / (1 − β₂ᵗ)) + ε)',
  paper: 'Reddi, Kale, Kumar 2018, On the Convergence of Adam and Beyond, arXiv:1904.09237',
  whenToUse: 'When Adam does not settle because rare large gradients are forgotten.',
  conventions:
    'Keeps the maximum of the uncorrected v, as PyTorch (amsgrad=True) and Keras do; the paper has no correction at all. weightDecay is L2 here; Keras decays weights apart from the gradient.',
  decay: 'l2',
  adaptive: true,
  momentumOption: 'beta1',
  options,
  resolved,
  variants: [{ beta2: 0.9 }, { convention: 'keras', beta2: 0.9, epsilon: 1e-3, weightDecay: 0.01 }],
  resolve: resolveAdam,
  slots: () => ({ ...momentSlots(), largest: 0 }),
  update: (algebra, o, input) => {
    const { mean, square } = moments(algebra, o, input.slots, input.gradient);
    const largest = algebra.maximum(input.slots.largest, square);
    return { parameter: adamStep(algebra, o, input, mean, largest), slots: { mean, square, largest } };
  },
} satisfies OptimizerDefinition<
  'amsgrad',
  z.output<typeof options>,
  z.output<typeof resolved>,
  MomentSlot | 'largest'
>;
