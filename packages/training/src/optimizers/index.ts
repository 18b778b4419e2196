import type { z } from 'zod';
import type { Algebra } from '../algebra.js';
import { byKind, oneOf } from '../family.js';
import { elements } from '../shapes.js';
import { type OptimizerDefinition, resolvedRates } from './definition.js';
import * as kinds from './kinds.js';

export type { Decay, OptimizerDefinition, UpdateInput, UpdateResult } from './definition.js';

type Definition = (typeof kinds)[keyof typeof kinds];
type WithRates<S> = S extends z.ZodObject<infer Shape> ? z.ZodObject<Shape & typeof resolvedRates> : never;

const all: Definition[] = Object.values(kinds);

/** Every optimizer, by kind. */
export const optimizers = byKind(all);
export type OptimizerKind = Definition['kind'];

/** Recipe form: rule options, learningRate and weightDecay. */
export const Optimizer = oneOf(all.map(({ options }) => options));
export type Optimizer = z.output<typeof Optimizer>;

/** Rule with every option filled in, as an engine gets it. */
export const ResolvedOptimizer = oneOf(all.map(({ resolved }) => resolved));
export type ResolvedOptimizer = z.output<typeof ResolvedOptimizer>;

/** Form of a resolved recipe: the resolved rule with its learningRate and weightDecay. */
export const ResolvedOptimizerWithRates = oneOf(
  all.map(({ resolved }) => resolved.extend(resolvedRates)) as unknown as WithRates<Definition['resolved']>[],
);

// One cast for the family: a definition only ever gets options of its own kind.
type AnyOptimizer = OptimizerDefinition<OptimizerKind, Optimizer, ResolvedOptimizer, string>;
const definition = (kind: OptimizerKind): AnyOptimizer => optimizers[kind] as unknown as AnyOptimizer;

export const resolveOptimizer = (options: Optimizer): ResolvedOptimizer =>
  definition(options.kind).resolve(options);

/** Initial values of the slots; none for plain SGD. */
const optimizerSlots = (optimizer: ResolvedOptimizer): Record<string, number> =>
  definition(optimizer.kind).slots(optimizer) as Record<string, number>;

/** One array that the optimizer keeps for one parameter. */
export interface SlotArray {
  slot: string;
  shape: number[];
  initial: number;
}

/** The arrays that the optimizer keeps for a parameter of this shape. */
export function slotArrays(optimizer: ResolvedOptimizer, shape: readonly number[]): SlotArray[] {
  const { slotShape } = definition(optimizer.kind);
  return Object.entries(optimizerSlots(optimizer)).flatMap(([slot, initial]) => {
    const own = slotShape ? slotShape(slot, shape) : shape;
    return own === null ? [] : [{ slot, shape: [...own], initial }];
  });
}

/** Numbers in all slots of these parameters. */
export const slotCount = (
  optimizer: ResolvedOptimizer,
  parameters: readonly { shape: readonly number[] }[],
): number =>
  parameters
    .flatMap(({ shape }) => slotArrays(optimizer, shape))
    .reduce((sum, { shape }) => sum + elements(shape), 0);

export interface OptimizerStep<A> {
  parameter: A;
  /** Gradient of the loss, without weight decay, after clipping. */
  gradient: A;
  /** One array per entry of `slotArrays`. */
  slots: Record<string, A>;
  learningRate: number;
  weightDecay: number;
  /** In place of the optimizer's own, where the schedule sets it. */
  momentum?: number | undefined;
  /** 1 at the first step of the run. */
  step: number;
  /** Shape of the parameter. */
  shape: readonly number[];
}

/** Whether the weights to judge and to export after `step` steps are others than those that are trained. */
export function hasEvaluatedWeights(optimizer: ResolvedOptimizer, step: number): boolean {
  const { evaluated, evaluatedFrom } = definition(optimizer.kind);
  return evaluated !== undefined && step >= (evaluatedFrom?.(optimizer) ?? 0);
}

/** The weights to judge and to export, of one parameter. */
export const evaluatedParameter = <A>(
  algebra: Algebra<A>,
  optimizer: ResolvedOptimizer,
  state: { parameter: A; slots: Record<string, A> },
): A => definition(optimizer.kind).evaluated?.(algebra, optimizer, state) ?? state.parameter;

/** The option that a schedule of momentum changes from step to step; null where there is none. */
export const momentumOption = (optimizer: ResolvedOptimizer): string | null =>
  definition(optimizer.kind).momentumOption ?? null;

/** The optimizer's own momentum, or β₁; null where it has none that could change from step to step. */
export function ownMomentum(optimizer: ResolvedOptimizer): number | null {
  const option = momentumOption(optimizer);
  return option === null ? null : (optimizer as unknown as Record<string, number>)[option]!;
}

/** Why a schedule cannot set the optimizer's momentum; null where it can. */
export function momentumProblem(optimizer: ResolvedOptimizer): string | null {
  const option = momentumOption(optimizer);
  if (option === null)
    return `must be null with ${optimizer.kind}, which has no momentum that could change from step to step`;
  if (option === 'momentum' && !('momentum' in optimizerSlots(optimizer)))
    return `needs an optimizer that keeps a velocity: set optimizer.momentum of ${optimizer.kind} above 0`;
  return null;
}

/** The same rule with another momentum. */
function withMomentum(optimizer: ResolvedOptimizer, momentum: number | undefined): ResolvedOptimizer {
  if (momentum === undefined) return optimizer;
  const option = momentumOption(optimizer);
  if (option === null) throw new Error(`${optimizer.kind} has no momentum to set`);
  return { ...optimizer, [option]: momentum };
}

/** One update of one parameter: weight decay as the optimizer defines it, and the optimizer's rule. */
export function updateParameter<A>(
  algebra: Algebra<A>,
  optimizer: ResolvedOptimizer,
  { weightDecay, momentum, ...input }: OptimizerStep<A>,
): { parameter: A; slots: Record<string, A> } {
  const { decay, update } = definition(optimizer.kind);
  const { parameter, gradient, learningRate } = input;
  const decayed =
    weightDecay === 0 || decay === 'rule'
      ? input
      : decay === 'l2'
        ? { ...input, gradient: algebra.add(gradient, algebra.scale(parameter, weightDecay)) }
        : { ...input, parameter: algebra.scale(parameter, 1 - learningRate * weightDecay) };
  const result = update(algebra, withMomentum(optimizer, momentum), {
    ...decayed,
    weightDecay: decay === 'rule' ? weightDecay : 0,
  });
  return { parameter: result.parameter, slots: result.slots as Record<string, A> };
}
