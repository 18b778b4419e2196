import { z } from 'zod';
import type { Algebra } from '../algebra.js';
import { decayRate, epsilon, type OptimizerDefinition, rates, type UpdateInput } from './definition.js';
import { type MomentSlot, moments } from './moments.js';

const rule = z.strictObject({
  kind: z.literal('swats'),
  beta1: decayRate.default(0.9).describe('Weight of the past in the mean of gradients, and momentum of SGD'),
  beta2: decayRate
    .default(0.999)
    .describe('Weight of the past in the mean of squared gradients and in that of the estimated rates'),
  epsilon: epsilon.default(1e-9),
  switchTolerance: z
    .number()
    .positive()
    .max(1000, 'at most 1000: the second step would switch')
    .default(1e-9)
    .describe('SGD takes over once an estimate is this near to the mean of all so far'),
});
const options = rule.extend(rates(0.001));
type Resolved = z.output<typeof rule>;

type Slot = MomentSlot | 'rateMean' | 'sgdFactor';

/** γ: the rate at which SGD's step would, projected on Adam's, be as long; null where they are at right angles. */
function estimatedRate<A>({ multiply, sum }: Algebra<A>, change: A, gradient: A): number | null {
  const along = sum(multiply(change, gradient));
  return along === 0 ? null : sum(multiply(change, change)) / along;
}

function adamPhase<A>(
  algebra: Algebra<A>,
  o: Resolved,
  { parameter, gradient, slots, learningRate, step }: UpdateInput<A, Slot>,
) {
  const { subtract, quotient, scale, shift, squareRoot, sum } = algebra;
  const { mean, square } = moments(algebra, o, slots, gradient);
  const young = 1 - o.beta2 ** step;
  const rate = (learningRate * Math.sqrt(young)) / (1 - o.beta1 ** step);
  const change = quotient(scale(mean, rate), shift(squareRoot(square), o.epsilon));
  const moved = subtract(parameter, change);
  const estimate = estimatedRate(algebra, change, gradient);
  if (estimate === null) return { parameter: moved, slots: { ...slots, mean, square } };
  const rateMean = shift(scale(slots.rateMean, o.beta2), (1 - o.beta2) * estimate);
  const corrected = sum(rateMean) / young;
  const settled = step > 1 && corrected > 0 && Math.abs(corrected - estimate) < o.switchTolerance;
  if (!settled) return { parameter: moved, slots: { ...slots, mean, square, rateMean } };
  const sgdFactor = shift(slots.sgdFactor, corrected / learningRate); // from 0
  return { parameter: moved, slots: { mean: scale(mean, 0), square, rateMean, sgdFactor } };
}

/**
 * Adam, then SGD with momentum at a rate that it estimates on the way. The paper's Algorithm 1, which takes the whole
 * network for one vector, applied to each parameter by itself: every one has an estimate and a switch of its own. SGD
 * follows the schedule: its rate is the estimate times the learning rate over that of the switch. An estimate that is
 * not positive does not switch. `mean` is Adam's m, and SGD's velocity after the switch; `sgdFactor` is 0 until then.
 */
export const swats = {
  kind: 'swats',
  title: 'SWATS',
  summary: 'Starts as Adam and goes over to SGD, at a rate of its own making, once that rate has settled.',
  formula:
    'γ = pᵀp / −pᵀg with p Adam’s step;  |λ / (1 − β₂ᵗ) − γ| < τ:  then v ← β₁v + g,  θ ← θ − (1 − β₁)Λv',
  paper:
    'Keskar, Socher 2017, Improving Generalization Performance by Switching from Adam to SGD, arXiv:1712.07628',
  whenToUse: 'When Adam starts well and SGD would end better, without choosing when to change.',
  conventions:
    'PyTorch and Keras have none; the paper switches the whole network at once, here each parameter by itself.',
  decay: 'l2',
  adaptive: true,
  options,
  resolved: rule,
  variants: [{}, { beta1: 0.5, beta2: 0.9, epsilon: 1e-3, switchTolerance: 100, weightDecay: 0.01 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: () => ({ mean: 0, square: 0, rateMean: 0, sgdFactor: 0 }),
  slotShape: (slot, shape) => (slot === 'rateMean' || slot === 'sgdFactor' ? [1] : shape),
  update: (algebra, o, input) => {
    const { add, subtract, scale, sum } = algebra;
    const { parameter, gradient, slots, learningRate } = input;
    const factor = sum(slots.sgdFactor);
    if (factor === 0) return adamPhase(algebra, o, input);
    const velocity = add(scale(slots.mean, o.beta1), gradient);
    const change = scale(velocity, (1 - o.beta1) * factor * learningRate);
    return { parameter: subtract(parameter, change), slots: { ...slots, mean: velocity } };
  },
} satisfies OptimizerDefinition<'swats', z.output<typeof options>, Resolved, Slot>;
