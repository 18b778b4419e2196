import { type LossValue, logSoftmax, smoothed } from './definition.js';

/** −Σ w_c t_c log softmax(z)_c with t the smoothed target; ∂/∂z_c = (Σ w_k t_k) softmax(z)_c − w_c t_c. */
export function weightedCrossEntropy(
  logits: Float64Array,
  target: Float64Array,
  options: { labelSmoothing: number; classWeights: number[] | null },
): LossValue {
  const logs = logSoftmax(logits);
  const { classWeights: weights } = options;
  const shares = smoothed(target, options.labelSmoothing).map((t, c) => t * (weights?.[c] ?? 1));
  const total = shares.reduce((sum, share) => sum + share, 0);
  const value = logs.reduce((sum, log, c) => (shares[c] === 0 ? sum : sum - (shares[c] as number) * log), 0);
  return { value, gradient: logs.map((log, c) => total * Math.exp(log) - (shares[c] as number)) };
}
