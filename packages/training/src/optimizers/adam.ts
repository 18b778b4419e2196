import { z } from 'zod';
import type { Algebra } from '../algebra.js';
import {
  epsilon,
  type OptimizerDefinition,
  rates,
  type UpdateInput,
  type UpdateResult,
} from './definition.js';
import { type MomentRates, type MomentSlot, momentRates, momentSlots, moments } from './moments.js';

/** Options of Adam and of those that differ from it in one thing. */
export const adamOptions = {
  convention: z
    .enum(['pytorch', 'keras'])
    .default('pytorch')
    .describe(
      "pytorch: ε is added to the corrected root √v̂; keras: the paper's ε̂, added before the correction, so that it counts up to 31 times more in the first steps",
    ),
  ...momentRates,
  epsilon: epsilon.optional().describe('Default 1e-8 (pytorch), 1e-7 (keras)'),
};

type Convention = 'pytorch' | 'keras';
interface AdamOptions extends MomentRates {
  convention: Convention;
  epsilon: number;
}

/** The resolved form of recipe options: no rates, and ε as the convention has it. */
export const resolveAdam = <
  O extends {
    learningRate: number;
    weightDecay: number;
    convention: Convention;
    epsilon?: number | undefined;
  },
>({
  learningRate: _,
  weightDecay: __,
  ...o
}: O) => ({ ...o, epsilon: o.epsilon ?? (o.convention === 'keras' ? 1e-7 : 1e-8) });

/** θ − η m̂ / (√v̂ + ε), or with ε̂ (keras); `square` is what stands for v. */
export function adamStep<A>(
  { subtract, quotient, scale, shift, squareRoot }: Algebra<A>,
  o: AdamOptions,
  { parameter, learningRate, step }: { parameter: A; learningRate: number; step: number },
  mean: A,
  square: A,
): A {
  const rate = learningRate / (1 - o.beta1 ** step);
  const correction = Math.sqrt(1 - o.beta2 ** step);
  const root = squareRoot(square);
  return o.convention === 'keras'
    ? subtract(parameter, scale(quotient(mean, shift(root, o.epsilon)), rate * correction))
    : subtract(parameter, scale(quotient(mean, shift(scale(root, 1 / correction), o.epsilon)), rate));
}

export function updateAdam<A>(
  algebra: Algebra<A>,
  o: AdamOptions,
  input: UpdateInput<A, MomentSlot>,
): UpdateResult<A, MomentSlot> {
  const slots = moments(algebra, o, input.slots, input.gradient);
  return { parameter: adamStep(algebra, o, input, slots.mean, slots.square), slots };
}

const rule = z.strictObject({ kind: z.literal('adam'), ...adamOptions });
const resolved = rule.required({ epsilon: true });
const options = rule.extend(rates(0.001));

/** RMSProp plus momentum, both corrected for starting at 0. */
export const adam = {
  kind: 'adam',
  title: 'Adam',
  summary: 'RMSProp plus momentum with bias correction: fast and forgiving, the usual first choice.',
  formula: 'm ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;  θ ← θ − η m̂ / (√v̂ + ε)',
  paper: 'Kingma, Ba 2015, Adam: A Method for Stochastic Optimization, arXiv:1412.6980',
  whenToUse:
    'First choice for a new network: works at 0.001 nearly everywhere. With weight decay take AdamW.',
  conventions:
    'PyTorch adds ε to the corrected root, Keras before the correction (convention keras, ε 1e-7), so that ε counts up to 31 times more in the first steps. weightDecay is L2 as in PyTorch; Keras decays weights apart: AdamW.',
  decay: 'l2',
  adaptive: true,
  momentumOption: 'beta1',
  options,
  resolved,
  variants: [
    {},
    { beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.01 },
    { convention: 'keras', epsilon: 1e-3 },
  ],
  resolve: resolveAdam,
  slots: momentSlots,
  update: updateAdam,
} satisfies OptimizerDefinition<'adam', z.output<typeof options>, z.output<typeof resolved>, MomentSlot>;
