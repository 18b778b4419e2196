import { z } from 'zod';
import type { Algebra } from '../algebra.js';
import { type OptimizerDefinition, rates, type UpdateInput, type UpdateResult } from './definition.js';
import { type MomentSlot, momentOptions, momentSlots, moments } from './moments.js';

/** Options of NAdam, in both forms of weight decay. */
export const nadamOptions = {
  ...momentOptions,
  momentumDecay: z
    .number()
    .min(0)
    .max(1000, 'at most 1000: the momentum would be constant from the first step')
    .default(0.004)
    .describe(
      'ψ: how fast the momentum rises from β₁/2 to β₁, μₜ = β₁(1 − 0.96^(ψt) / 2). 0.004 in PyTorch; 1 in Keras',
    ),
};

interface NadamOptions {
  beta1: number;
  beta2: number;
  epsilon: number;
  momentumDecay: number;
}

/** μ of this step and the next, and the product of all up to this step. */
function momenta(o: NadamOptions, step: number): { now: number; next: number; product: number } {
  const momentum = (t: number) => o.beta1 * (1 - 0.5 * 0.96 ** (t * o.momentumDecay));
  let product = 1;
  // A product below this is 0 beside 1, from which it is subtracted.
  for (let t = 1; t <= step && product > 1e-20; t++) product *= momentum(t);
  return { now: momentum(step), next: momentum(step + 1), product };
}

export function updateNadam<A>(
  algebra: Algebra<A>,
  o: NadamOptions,
  { parameter, gradient, slots, learningRate, step }: UpdateInput<A, MomentSlot>,
): UpdateResult<A, MomentSlot> {
  const { add, subtract, quotient, scale, shift, squareRoot } = algebra;
  const { mean, square } = moments(algebra, o, slots, gradient);
  const { now, next, product } = momenta(o, step);
  const sigma = shift(scale(squareRoot(square), 1 / Math.sqrt(1 - o.beta2 ** step)), o.epsilon);
  const direction = add(
    scale(gradient, (learningRate * (1 - now)) / (1 - product)),
    scale(mean, (learningRate * next) / (1 - product * next)),
  );
  return { parameter: subtract(parameter, quotient(direction, sigma)), slots: { mean, square } };
}

const rule = z.strictObject({ kind: z.literal('nadam'), ...nadamOptions });
const options = rule.extend(rates(0.002));

/** Adam with Nesterov's look-ahead and a rising momentum. (PyTorch 1.13 multiplied one factor too many; not so here.) */
export const nadam = {
  kind: 'nadam',
  title: 'NAdam',
  summary:
    'Adam that looks ahead as Nesterov does: the next momentum step is taken with the new gradient in it.',
  formula: 'θ ← θ − η ( (1 − μₜ)g / (1 − Πμᵢ) + μₜ₊₁m / (1 − μₜ₊₁Πμᵢ) ) / (√v̂ + ε)',
  paper: 'Dozat 2016, Incorporating Nesterov Momentum into Adam, ICLR workshop',
  whenToUse: 'In place of Adam where a look-ahead helps; often a little faster at the start.',
  conventions:
    "PyTorch's documented formula with momentumDecay 0.004; PyTorch 1.13 multiplied by one μ too many, which was mended later. Keras's schedule of μ is momentumDecay 1.",
  decay: 'l2',
  adaptive: true,
  options,
  resolved: rule,
  variants: [{}, { momentumDecay: 1, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.01 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: momentSlots,
  update: updateNadam,
} satisfies OptimizerDefinition<'nadam', z.output<typeof options>, z.output<typeof rule>, MomentSlot>;
