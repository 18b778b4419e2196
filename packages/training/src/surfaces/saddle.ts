import { z } from 'zod';
import type { SurfaceDefinition } from './definition.js';

const options = z.strictObject({ kind: z.literal('saddle') });

/** A network of two weights in a row on one example x = 1, y = 1. Its Hessian at the origin is [[0, −2], [−2, 0]]. */
export const saddle = {
  kind: 'saddle',
  title: 'Saddle point',
  summary: 'Two weights in a row: no gradient at the origin, and a way out along w₁ = w₂.',
  formula: 'L = (1 − w₁ w₂)²',
  paper: null,
  options,
  axes: ['w1', 'w2'],
  domain: [
    [-3, 3],
    [-3, 3],
  ],
  start: [-1.9, 2],
  value: (_, [a, b]) => (1 - a * b) ** 2,
  gradient: (_, [a, b]) => [-2 * b * (1 - a * b), -2 * a * (1 - a * b)],
  minimum: () => ({
    value: 0,
    at: [
      [1, 1],
      [-1, -1],
    ],
  }),
} satisfies SurfaceDefinition<'saddle', z.output<typeof options>>;
