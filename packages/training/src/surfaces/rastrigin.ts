import { z } from 'zod';
import type { SurfaceDefinition } from './definition.js';

const options = z.strictObject({ kind: z.literal('rastrigin') });
const TURN = 2 * Math.PI;

export const rastrigin = {
  kind: 'rastrigin',
  title: 'Rastrigin',
  summary: 'A bowl full of small bowls: a local minimum near every pair of whole numbers.',
  formula: 'f = 20 + x² − 10 cos 2πx + y² − 10 cos 2πy',
  paper: 'Rastrigin 1974, Systems of Extremal Control',
  options,
  axes: ['x', 'y'],
  domain: [
    [-5.12, 5.12],
    [-5.12, 5.12],
  ],
  start: [-3.6, 2.7],
  value: (_, at) => at.reduce((sum, x) => sum + 10 + x * x - 10 * Math.cos(TURN * x), 0),
  gradient: (_, [x, y]) => [2 * x + 10 * TURN * Math.sin(TURN * x), 2 * y + 10 * TURN * Math.sin(TURN * y)],
  minimum: () => ({ value: 0, at: [[0, 0]] }),
} satisfies SurfaceDefinition<'rastrigin', z.output<typeof options>>;
