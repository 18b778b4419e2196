import { z } from 'zod';
import type { Algebra } from '../algebra.js';
import {
  momentum,
  type OptimizerDefinition,
  rates,
  type UpdateInput,
  type UpdateResult,
} from './definition.js';

/** Options of gradient descent, in both forms of weight decay. */
export const sgdOptions = {
  convention: z
    .enum(['pytorch', 'lecture'])
    .default('pytorch')
    .describe(
      'Where the learning rate enters the momentum: pytorch outside (a change of rate acts on the whole velocity), lecture inside (only on new gradients), as in Keras',
    ),
  momentum: momentum.default(0),
  dampening: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Share of a new gradient that is left out of the velocity (pytorch convention)'),
  nesterov: z.boolean().default(false).describe('Look ahead along the velocity before the step'),
};

interface SgdOptions {
  convention: 'pytorch' | 'lecture';
  momentum: number;
  dampening: number;
  nesterov: boolean;
}

/** For `superRefine`. */
export function refuseContradictions(o: SgdOptions, context: z.RefinementCtx): void {
  const refuse = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (o.nesterov && o.momentum === 0) refuse('nesterov', 'needs momentum greater than 0');
  if (o.nesterov && o.dampening !== 0) refuse('dampening', 'must be 0 with nesterov');
  if (o.dampening !== 0 && o.convention === 'lecture')
    refuse('dampening', 'exists only in the pytorch convention');
  if (o.dampening !== 0 && o.momentum === 0) refuse('dampening', 'needs momentum greater than 0');
}

export const sgdSlots = (o: SgdOptions): { momentum?: number } => (o.momentum === 0 ? {} : { momentum: 0 });

/** The first velocity is the undamped gradient. */
export function updateSgd<A>(
  { add, subtract, scale }: Algebra<A>,
  o: SgdOptions,
  { parameter, gradient, slots, learningRate, step }: UpdateInput<A, 'momentum'>,
): UpdateResult<A, 'momentum'> {
  if (o.momentum === 0) return { parameter: subtract(parameter, scale(gradient, learningRate)), slots: {} };
  if (o.convention === 'lecture') {
    const move = subtract(scale(slots.momentum, o.momentum), scale(gradient, learningRate));
    const change = o.nesterov ? subtract(scale(move, o.momentum), scale(gradient, learningRate)) : move;
    return { parameter: add(parameter, change), slots: { momentum: move } };
  }
  const velocity =
    step === 1 ? gradient : add(scale(slots.momentum, o.momentum), scale(gradient, 1 - o.dampening));
  const direction = o.nesterov ? add(gradient, scale(velocity, o.momentum)) : velocity;
  return { parameter: subtract(parameter, scale(direction, learningRate)), slots: { momentum: velocity } };
}

const rule = z.strictObject({ kind: z.literal('sgd'), ...sgdOptions });
const options = rule.extend(rates(0.01)).superRefine(refuseContradictions);

/** Gradient descent, with momentum (Polyak) and Nesterov's look-ahead. */
export const sgd = {
  kind: 'sgd',
  title: 'SGD',
  summary: 'Gradient descent with momentum: slow, steady, the usual choice for vision.',
  formula: 'm ← μm + g;  θ ← θ − ηm',
  paper: 'Sutskever et al. 2013, On the importance of initialization and momentum in deep learning',
  whenToUse:
    'With momentum 0.9 and a schedule, for the best final accuracy of convolutional networks; needs a tuned rate.',
  conventions:
    'PyTorch keeps the rate outside the velocity and takes the first gradient undamped: convention pytorch. Keras and the lecture keep the rate inside: convention lecture. The two differ only where the rate changes.',
  decay: 'l2',
  adaptive: false,
  momentumOption: 'momentum',
  options,
  resolved: rule,
  variants: [
    {},
    { weightDecay: 0.01 },
    { momentum: 0.9, dampening: 0.3, weightDecay: 0.01 },
    { momentum: 0.9, nesterov: true },
    { convention: 'lecture', momentum: 0.9 },
    { convention: 'lecture', momentum: 0.9, nesterov: true, weightDecay: 0.01 },
  ],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: sgdSlots,
  update: updateSgd,
} satisfies OptimizerDefinition<'sgd', z.output<typeof options>, z.output<typeof rule>, 'momentum'>;
