import { z } from 'zod';
import type { Algebra } from '../algebra.js';
import type { UpdateInput, UpdateResult } from './definition.js';

/**
 * Schedule-Free learning (Defazio et al. 2024). The sequence z takes the steps, x is its running mean, and gradients are
 * taken at y = (1 − β)z + βx. The parameter is y; `lead` is u = z − x, so that both others follow from it:
 *
 *     x = y − (1 − β)u      z = x + u
 *
 * The mean weighs step t by tʳ · (largest learning rate so far)ᵖ. `weightSum` and `largestRate` are single numbers.
 */
export type MeanSlot = 'lead' | 'weightSum' | 'largestRate';

export const meanOptions = {
  weightPower: z
    .number()
    .min(0)
    .max(10, 'at most 10')
    .default(2)
    .describe('Power of the largest learning rate so far in the weight of a step: less of the warm-up'),
  stepPower: z
    .number()
    .min(0)
    .max(10, 'at most 10')
    .default(0)
    .describe('Power of the step number in the weight of a step: more of late steps'),
};

export interface MeanOptions {
  weightPower: number;
  stepPower: number;
}

export const meanSlots = (): Record<MeanSlot, number> => ({ lead: 0, weightSum: 0, largestRate: 0 });

export const meanSlotShape = (slot: string, shape: readonly number[]): readonly number[] =>
  slot === 'weightSum' || slot === 'largestRate' ? [1] : shape;

/** Moves z by −rate · direction, x to the new mean, and y between them. */
export function meanStep<A>(
  algebra: Algebra<A>,
  { weightPower, stepPower, beta }: MeanOptions & { beta: number },
  { parameter, slots, step }: Pick<UpdateInput<A, MeanSlot>, 'parameter' | 'slots' | 'step'>,
  { direction, rate }: { direction: A; rate: number },
): UpdateResult<A, MeanSlot> {
  const { add, subtract, scale, shift, atLeast, norm } = algebra;
  const largestRate = atLeast(slots.largestRate, rate);
  const weight = step ** stepPower * norm(largestRate) ** weightPower;
  const weightSum = shift(slots.weightSum, weight);
  const sum = norm(weightSum);
  const share = sum === 0 ? 0 : weight / sum;
  const gap = subtract(slots.lead, scale(direction, rate)); // new z − old x
  const atMean = subtract(parameter, scale(slots.lead, 1 - beta));
  return {
    parameter: add(atMean, scale(gap, 1 - beta * (1 - share))),
    slots: { lead: scale(gap, 1 - share), weightSum, largestRate },
  };
}

/** x. */
export const meanOf = <A>(
  { subtract, scale }: Algebra<A>,
  beta: number,
  { parameter, slots }: { parameter: A; slots: { lead: A } },
): A => subtract(parameter, scale(slots.lead, 1 - beta));
