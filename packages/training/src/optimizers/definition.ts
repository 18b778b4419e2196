import { z } from 'zod';
import type { Algebra } from '../algebra.js';
import type { FamilyEntry } from '../family.js';

/** What a rule gets for one parameter at one step. */
export interface UpdateInput<A, Slot extends string> {
  /** Already shrunk where the definition's `decay` is `decoupled`. */
  parameter: A;
  /** Gradient of the loss, plus weightDecay · parameter where the definition's `decay` is `l2`. */
  gradient: A;
  /** State of the slots that `slots(options)` declares, as the step before left it. */
  slots: Record<Slot, A>;
  learningRate: number;
  /** 0 but where the definition's `decay` is `rule`. */
  weightDecay: number;
  /** 1 at the first step of the run. */
  step: number;
  /** Of the parameter: OIHW of a convolution's weight, [outFeatures, inFeatures] of a linear one, else [C]. */
  shape: readonly number[];
}

export interface UpdateResult<A, Slot extends string> {
  parameter: A;
  /** New state of the declared slots. */
  slots: Partial<Record<Slot, A>>;
}

/**
 * Where weight decay λ enters. `l2`: g ← g + λθ before the rule. `decoupled`: θ ← θ(1 − ηλ) before the rule, which does
 * not see it. `rule`: the rule gets λ and applies it by itself.
 */
export type Decay = 'l2' | 'decoupled' | 'rule';

/** An optimizer: its options, the state it keeps and its rule. */
export interface OptimizerDefinition<Kind extends string, Options, Resolved, Slot extends string>
  extends FamilyEntry<Kind> {
  decay: Decay;
  /** Whether a step moves every weight by about the learning rate, however small its gradient is. */
  adaptive: boolean;
  /** The option that a schedule of momentum changes from step to step; left out where there is none. */
  momentumOption?: Exclude<keyof Resolved, 'kind'> & string;
  /** Recipe form: rule options, learningRate, weightDecay. Contradictory options are refused here. */
  options: z.ZodType<Options>;
  /** Resolved form: the rule's options, none of them missing. */
  resolved: z.ZodType<Resolved>;
  /** Options that between them lead through all the code of the rule; every conformance test runs each. */
  variants: readonly Partial<Omit<Options, 'kind'>>[];
  /** Fills the defaults that depend on `convention`; drops learningRate and weightDecay. */
  resolve(options: Options): Resolved;
  /** Slots that the rule keeps per parameter, with the value each starts from. */
  slots(resolved: Resolved): Partial<Record<Slot, number>>;
  /** Shape of a slot of a parameter of this shape, null where that parameter has none; left out: the parameter's. */
  slotShape?(slot: Slot, shape: readonly number[]): readonly number[] | null;
  /** The weights to judge and to export, where they are not those that are trained. */
  evaluated?<A>(algebra: Algebra<A>, options: Resolved, state: { parameter: A; slots: Record<Slot, A> }): A;
  /** Steps of the run after which they begin to be others than those that are trained; left out: they always are. */
  evaluatedFrom?(resolved: Resolved): number;
  /** The rule. Where σ and epsilon are both 0 the parameter does not move. */
  update<A>(algebra: Algebra<A>, options: Resolved, input: UpdateInput<A, Slot>): UpdateResult<A, Slot>;
}

const decayHelp: Record<Decay, string> = {
  l2: 'L2 regularisation: weightDecay · weight is added to the gradient',
  decoupled:
    'Each step first multiplies every weight by 1 − learningRate · weightDecay; the gradient is left alone',
  rule: 'Pulls every weight towards 0; where it enters is part of the rule',
};

/** The options that every optimizer has beside its rule's own. */
export const rates = (defaultLearningRate: number, decay: Decay = 'l2', defaultWeightDecay = 0) => ({
  learningRate: z
    .number()
    .positive()
    .max(1000, 'at most 1000: no network trains above it')
    .default(defaultLearningRate)
    .describe('Step size before the schedule scales it'),
  weightDecay: z
    .number()
    .min(0)
    .max(1, 'at most 1: it would shrink every weight to nothing')
    .default(defaultWeightDecay)
    .describe(decayHelp[decay]),
});

/** The same two in a resolved recipe. */
export const resolvedRates = { learningRate: z.number(), weightDecay: z.number() };

/** Weight of the past in a running mean: 0 forgets at once; 1 would never learn anything new. */
export const decayRate = z.number().min(0).lt(1, 'less than 1: a running mean with weight 1 never changes');

export const epsilon = z
  .number()
  .min(0)
  .max(1, 'at most 1: a larger term hides the gradient history')
  .describe('Added to the denominator against division by zero');

export const momentum = z
  .number()
  .min(0)
  .lt(1, 'less than 1: the velocity would grow without bound')
  .describe('Weight of the previous update direction');
