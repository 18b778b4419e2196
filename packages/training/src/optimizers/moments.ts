import type { Algebra } from '../algebra.js';
import { decayRate, epsilon } from './definition.js';

/** What Adam and its kin keep: running means of the gradient and of its square. */
export type MomentSlot = 'mean' | 'square';

export interface MomentRates {
  beta1: number;
  beta2: number;
}

export const momentRates = {
  beta1: decayRate.default(0.9).describe('Weight of the past in the mean of gradients'),
  beta2: decayRate.default(0.999).describe('Weight of the past in the mean of squared gradients'),
};

export const momentOptions = { ...momentRates, epsilon: epsilon.default(1e-8) };

export const momentSlots = (): Record<MomentSlot, number> => ({ mean: 0, square: 0 });

/** share · old + (1 − share) · value */
export const running = <A>({ add, scale }: Algebra<A>, old: A, value: A, share: number): A =>
  add(scale(old, share), scale(value, 1 - share));

/** Both means after this gradient; neither is corrected for starting at 0. */
export function moments<A>(
  algebra: Algebra<A>,
  { beta1, beta2 }: MomentRates,
  slots: Record<MomentSlot, A>,
  gradient: A,
): Record<MomentSlot, A> {
  return {
    mean: running(algebra, slots.mean, gradient, beta1),
    square: running(algebra, slots.square, algebra.multiply(gradient, gradient), beta2),
  };
}
