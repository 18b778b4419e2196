import type { z } from 'zod';
import type { FamilyEntry } from '../family.js';

export interface LossValue {
  value: number;
  gradient: Float64Array;
}

/** A loss with its oracle: value and gradient for one sample in double precision. Engines compute the batch mean. */
export interface LossDefinition<Kind extends string, Options> extends FamilyEntry<Kind> {
  options: z.ZodType<Options>;
  /** `target`: a distribution over the classes. `gradient` is with respect to the logits. */
  evaluate(options: Options, logits: Float64Array, target: Float64Array): LossValue;
}

/** log softmax; the largest logit is subtracted first, so that no exponential overflows. */
export function logSoftmax(logits: Float64Array): Float64Array {
  const top = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const logSum = Math.log(logits.reduce((sum, z) => sum + Math.exp(z - top), 0));
  return logits.map((z) => z - top - logSum);
}
