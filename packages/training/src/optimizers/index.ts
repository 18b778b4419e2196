import { z } from 'zod';
import type { Algebra } from '../algebra.js';
import { adagrad, adagradResolved } from './adagrad.js';
import { adam, adamResolved } from './adam.js';
import { type OptimizerDefinition, resolvedRates } from './definition.js';
import { radam, radamResolved } from './radam.js';
import { rmsprop, rmspropResolved } from './rmsprop.js';
import { sgd, sgdResolved } from './sgd.js';

export type { OptimizerDefinition, UpdateInput, UpdateResult } from './definition.js';

/** Every optimizer, by kind. */
export const optimizers = { sgd, adagrad, rmsprop, adam, radam };
export type OptimizerKind = keyof typeof optimizers;

/** Recipe form: rule options, learningRate and weightDecay. */
export const Optimizer = z.discriminatedUnion('kind', [
  sgd.options,
  adagrad.options,
  rmsprop.options,
  adam.options,
  radam.options,
]);
export type Optimizer = z.output<typeof Optimizer>;

/** Rule with every option filled in, as an engine gets it. */
export const ResolvedOptimizer = z.discriminatedUnion('kind', [
  sgdResolved,
  adagradResolved,
  rmspropResolved,
  adamResolved,
  radamResolved,
]);
export type ResolvedOptimizer = z.output<typeof ResolvedOptimizer>;

/** Form of a resolved recipe: the resolved rule with its learningRate and weightDecay. */
export const ResolvedOptimizerWithRates = z.discriminatedUnion('kind', [
  sgdResolved.extend(resolvedRates),
  adagradResolved.extend(resolvedRates),
  rmspropResolved.extend(resolvedRates),
  adamResolved.extend(resolvedRates),
  radamResolved.extend(resolvedRates),
]);

// One cast for the family: a definition only ever gets options of its own kind.
type AnyOptimizer = OptimizerDefinition<OptimizerKind, Optimizer, ResolvedOptimizer, string>;
const definition = (kind: OptimizerKind): AnyOptimizer => optimizers[kind] as unknown as AnyOptimizer;

export const resolveOptimizer = (options: Optimizer): ResolvedOptimizer =>
  definition(options.kind).resolve(options);

/** Slots that the optimizer keeps for each parameter, with their initial values; none for plain SGD. */
export const optimizerSlots = (optimizer: ResolvedOptimizer): Record<string, number> =>
  definition(optimizer.kind).slots(optimizer) as Record<string, number>;

export interface OptimizerStep<A> {
  parameter: A;
  /** Gradient of the loss, without weight decay, after clipping. */
  gradient: A;
  /** One array per name of `optimizerSlots`. */
  slots: Record<string, A>;
  learningRate: number;
  weightDecay: number;
  /** 1 at the first step of the run. */
  step: number;
}

/** One update of one parameter: L2 weight decay, then the optimizer's rule. */
export function updateParameter<A>(
  algebra: Algebra<A>,
  optimizer: ResolvedOptimizer,
  { weightDecay, gradient, ...input }: OptimizerStep<A>,
): { parameter: A; slots: Record<string, A> } {
  const decayed =
    weightDecay === 0 ? gradient : algebra.add(gradient, algebra.scale(input.parameter, weightDecay));
  const result = definition(optimizer.kind).update(algebra, optimizer, { ...input, gradient: decayed });
  return { parameter: result.parameter, slots: result.slots as Record<string, A> };
}
