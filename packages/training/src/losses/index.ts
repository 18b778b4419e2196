import { z } from 'zod';
import { crossEntropy } from './cross-entropy.js';
import type { LossDefinition, LossValue } from './definition.js';
import { mse } from './mse.js';

/** Every loss, by kind. */
export const losses = { 'cross-entropy': crossEntropy, mse };
export type LossKind = keyof typeof losses;

export const Loss = z.discriminatedUnion('kind', [crossEntropy.options, mse.options]);
export type Loss = z.output<typeof Loss>;

/** Value and gradient of one sample, in double precision. `target`: its class, or a distribution over the classes. */
export function evaluateLoss(options: Loss, logits: Float64Array, target: number | Float64Array): LossValue {
  const definition = losses[options.kind] as unknown as LossDefinition<LossKind, Loss>; // options match their own kind
  const distribution = typeof target === 'number' ? logits.map((_, c) => (c === target ? 1 : 0)) : target;
  return definition.evaluate(options, logits, distribution);
}
