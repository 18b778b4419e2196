/** Activations in double precision, written from the doc comments of `program.ts`. */
import type { Node } from '@ravine/training';

/** Error function by its Taylor series near 0 and by the continued fraction of its complement elsewhere. */
function erf(x: number): number {
  const z = Math.abs(x);
  if (z < 2.5) {
    let [term, sum] = [z, z];
    for (let n = 1; n < 80; n++) {
      term *= -(z * z) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let k = 120; k > 0; k--) fraction = k / 2 / (z + fraction);
  return Math.sign(x) * (1 - Math.exp(-z * z) / (Math.sqrt(Math.PI) * (z + fraction)));
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const hardSigmoid = (x: number): number => Math.min(Math.max(x + 3, 0), 6) / 6;

/** The function of an activation; null for nodes of other kinds. */
export function activationOf(node: Node): ((x: number) => number) | null {
  switch (node.kind) {
    case 'relu':
      return (x) => Math.max(x, 0);
    case 'leaky-relu':
      return (x) => (x > 0 ? x : node.slope * x);
    case 'relu6':
      return (x) => Math.min(Math.max(x, 0), 6);
    case 'gelu':
      return node.approximation === 'tanh'
        ? (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
        : (x) => 0.5 * x * (1 + erf(x / Math.SQRT2));
    case 'silu':
      return (x) => x * sigmoid(x);
    case 'hard-swish':
      return (x) => x * hardSigmoid(x);
    case 'sigmoid':
      return sigmoid;
    case 'hard-sigmoid':
      return hardSigmoid;
    default:
      return null;
  }
}
