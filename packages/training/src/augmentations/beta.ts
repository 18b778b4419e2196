import type { RandomStream } from '../random.js';

/** Marsaglia and Tsang 2000, "A Simple Method for Generating Gamma Variables"; shape ≥ 1. */
function gamma(shape: number, { normal, uniform }: RandomStream): number {
  const d = shape - 1 / 3;
  for (;;) {
    const x = normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(uniform()) < x * x * 0.5 + d * (1 - v + Math.log(v))) return d * v;
  }
}

/** log of a Gamma(shape) draw, by Γ(a) = Γ(a + 1)·U^(1/a): small shapes give values that no double holds. */
const logGamma = (shape: number, stream: RandomStream): number =>
  Math.log(gamma(shape + 1, stream)) + Math.log(stream.uniform()) / shape;

/** A draw from the symmetric Beta(alpha, alpha), alpha > 0: within [0, 1], ends included. */
export function symmetricBeta(alpha: number, stream: RandomStream): number {
  const [a, b] = [logGamma(alpha, stream), logGamma(alpha, stream)];
  return 1 / (1 + Math.exp(b - a));
}
