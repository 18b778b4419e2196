import { z } from 'zod';
import { crossEntropy } from './cross-entropy.js';
import type { LossDefinition } from './definition.js';
import { mse } from './mse.js';

/** Every loss, by kind. */
export const losses = { 'cross-entropy': crossEntropy, mse };
export type LossKind = keyof typeof losses;

export const Loss = z.discriminatedUnion('kind', [crossEntropy.options, mse.options]);
export type Loss = z.output<typeof Loss>;

/** Value and gradient of one sample, in double precision. */
export const evaluateLoss = (options: Loss, logits: Float64Array, label: number) =>
  (losses[options.kind] as unknown as LossDefinition<LossKind, Loss>).evaluate(options, logits, label); // options match their own kind
