import { z } from 'zod';
import type { SurfaceDefinition } from './definition.js';

const options = z.strictObject({ kind: z.literal('rosenbrock') });

export const rosenbrock = {
  kind: 'rosenbrock',
  title: 'Rosenbrock',
  summary: 'A long valley, bent like a banana: easy to reach, slow to follow.',
  formula: 'f = (1 − x)² + 100 (y − x²)²',
  paper: 'Rosenbrock 1960, An Automatic Method for Finding the Greatest or Least Value of a Function',
  options,
  axes: ['x', 'y'],
  domain: [
    [-2, 2],
    [-1, 3],
  ],
  start: [-1.2, 1],
  value: (_, [x, y]) => (1 - x) ** 2 + 100 * (y - x * x) ** 2,
  gradient: (_, [x, y]) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
  minimum: () => ({ value: 0, at: [[1, 1]] }),
} satisfies SurfaceDefinition<'rosenbrock', z.output<typeof options>>;
