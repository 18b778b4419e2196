import { z } from 'zod';
import type { FamilyEntry } from '../family.js';

export interface LossValue {
  value: number;
  /** With respect to the network's outputs. */
  gradient: Float64Array;
}

/**
 * What a network that learns by the loss gives. `logits`: one per class, of which softmax makes probabilities. `logit`:
 * one alone, that of the second of two classes beside 0 for the first. `values`: one per class that is no logit; softmax
 * keeps their order, but what it makes of them are no probabilities.
 */
export type LossOutputs = 'logits' | 'logit' | 'values';

/** A loss with its oracle: value and gradient for one sample in double precision. Engines compute the batch mean. */
export interface LossDefinition<Kind extends string, Options, Resolved> extends FamilyEntry<Kind> {
  options: z.ZodType<Options>;
  /** Resolved form: every option as an engine gets it. */
  resolved: z.ZodType<Resolved>;
  outputs: LossOutputs;
  /** Options that between them lead through all the code of the loss; every conformance test runs each. */
  variants: readonly Partial<Omit<Options, 'kind'>>[];
  /** `target`: a distribution over the classes. */
  evaluate(options: Resolved, outputs: Float64Array, target: Float64Array): LossValue;
}

export const labelSmoothing = z
  .number()
  .min(0)
  .lt(1, 'less than 1: nothing would be left of the label')
  .default(0)
  .describe('Share of the target that is spread evenly over all classes. Evaluation never smooths');

/** (1 − s) · target + s / classes */
export const smoothed = (target: Float64Array, smoothing: number): Float64Array =>
  target.map((share) => (1 - smoothing) * share + smoothing / target.length);

/** log softmax; the largest logit is subtracted first, so that no exponential overflows. */
export function logSoftmax(logits: Float64Array): Float64Array {
  const top = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const logSum = Math.log(logits.reduce((sum, z) => sum + Math.exp(z - top), 0));
  return logits.map((z) => z - top - logSum);
}
