import { z } from 'zod';
import type { Algebra } from '../algebra.js';
import { type OptimizerDefinition, resolvedRates } from './definition.js';
import * as kinds from './kinds.js';

export type { Decay, OptimizerDefinition, UpdateInput, UpdateResult } from './definition.js';

type Definition = (typeof kinds)[keyof typeof kinds];
type ByKind = { [D in Definition as D['kind']]: D };
type WithRates<S> = S extends z.ZodObject<infer Shape> ? z.ZodObject<Shape & typeof resolvedRates> : never;
type NonEmpty<T> = [T, ...T[]];

const all: Definition[] = Object.values(kinds);

/** Every optimizer, by kind. */
export const optimizers = Object.fromEntries(all.map((one) => [one.kind, one])) as ByKind;
export type OptimizerKind = Definition['kind'];

/** Recipe form: rule options, learningRate and weightDecay. */
export const Optimizer = z.discriminatedUnion(
  'kind',
  all.map(({ options }) => options) as NonEmpty<Definition['options']>,
);
export type Optimizer = z.output<typeof Optimizer>;

/** Rule with every option filled in, as an engine gets it. */
export const ResolvedOptimizer = z.discriminatedUnion(
  'kind',
  all.map(({ resolved }) => resolved) as NonEmpty<Definition['resolved']>,
);
export type ResolvedOptimizer = z.output<typeof ResolvedOptimizer>;

/** Form of a resolved recipe: the resolved rule with its learningRate and weightDecay. */
export const ResolvedOptimizerWithRates = z.discriminatedUnion(
  'kind',
  all.map(({ resolved }) => resolved.extend(resolvedRates)) as unknown as NonEmpty<
    WithRates<Definition['resolved']>
  >,
);

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

/** One update of one parameter: weight decay as the optimizer defines it, and the optimizer's rule. */
export function updateParameter<A>(
  algebra: Algebra<A>,
  optimizer: ResolvedOptimizer,
  { weightDecay, ...input }: OptimizerStep<A>,
): { parameter: A; slots: Record<string, A> } {
  const { decay, update } = definition(optimizer.kind);
  const { parameter, gradient, learningRate } = input;
  const decayed =
    weightDecay === 0 || decay === 'rule'
      ? input
      : decay === 'l2'
        ? { ...input, gradient: algebra.add(gradient, algebra.scale(parameter, weightDecay)) }
        : { ...input, parameter: algebra.scale(parameter, 1 - learningRate * weightDecay) };
  const result = update(algebra, optimizer, { ...decayed, weightDecay: decay === 'rule' ? weightDecay : 0 });
  return { parameter: result.parameter, slots: result.slots as Record<string, A> };
}
