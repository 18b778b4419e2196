import { evaluateLoss, type ResolvedLoss } from '../losses/index.js';
import type { Range } from './definition.js';
import type { Point } from './point.js';

/** The third logit: so low that its class plays no part. */
const THIRD = -1000;
const RANGE: Range = [-10, 10];

/** What the surfaces of the losses have in common: three classes, of which the first is right. */
export const softmaxPlane = {
  axes: ['y1', 'y2'] as const,
  domain: [RANGE, RANGE] as const,
  start: [-10, 10] as const,
  /** The losses approach 0 where y1 − y2 is large. */
  minimum: () => null,
};

/** Value and gradient along y1 and y2 of a training loss. */
export function lossAt(loss: ResolvedLoss, [y1, y2]: Point): { value: number; gradient: Point } {
  const { value, gradient } = evaluateLoss(loss, Float64Array.of(y1, y2, THIRD), 0);
  return { value, gradient: [gradient[0] as number, gradient[1] as number] };
}
