import type { Optimizer } from '../optimizers/index.js';
import { type Surface, surfaceOf } from './surface.js';

/** When gradient descent on a quadratic converges, whatever its start. */
export interface Stability {
  /** It does for every constant learning rate below this one, and for none above. */
  limit: number;
  /** Largest eigenvalue of the Hessian, weight decay included. */
  lambdaMax: number;
  /** Largest eigenvalue by the smallest. */
  conditionNumber: number;
}

/**
 * Exact, and null where nothing exact can be said: the surface is not quadratic, or the optimizer is not SGD. With
 * momentum μ the limit is 2 (1 + μ) / λ (heavy ball; a dampening d divides it by 1 − d) or 2 (1 + μ) / ((1 + 2μ) λ)
 * (Nesterov): where the characteristic polynomial of a step along the steepest eigenvector has the root −1.
 */
export function stability(surface: Surface, optimizer: Optimizer): Stability | null {
  const eigenvalues = surfaceOf(surface).curvature?.(surface);
  if (eigenvalues === undefined || optimizer.kind !== 'sgd') return null;
  const { momentum, dampening, nesterov, weightDecay } = optimizer;
  const [small, large] = [eigenvalues[0] + weightDecay, eigenvalues[1] + weightDecay];
  const widening = (1 + momentum) / (nesterov ? 1 + 2 * momentum : 1 - dampening);
  if (!Number.isFinite(widening)) return null; // dampening 1 leaves every gradient but the first out
  return { limit: (2 * widening) / large, lambdaMax: large, conditionNumber: large / small };
}
