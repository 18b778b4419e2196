import { z } from 'zod';
import type { SurfaceDefinition } from './definition.js';
import type { Point } from './point.js';

const options = z.strictObject({ kind: z.literal('beale') });
const TERMS = [
  [1.5, 1],
  [2.25, 2],
  [2.625, 3],
] as const;

/** Each term: residual c − x + x·yᵖ with its derivatives by x and y. */
const residuals = ([x, y]: Point) =>
  TERMS.map(([c, power]) => ({
    value: c - x + x * y ** power,
    byX: y ** power - 1,
    byY: power * x * y ** (power - 1),
  }));

export const beale = {
  kind: 'beale',
  title: 'Beale',
  summary: 'A flat plain with steep walls around it and one minimum in a curved valley.',
  formula: 'f = (1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²',
  paper:
    'Beale 1958, On an Iterative Method for Finding a Local Minimum of a Function of More than One Variable',
  options,
  axes: ['x', 'y'],
  domain: [
    [-4.5, 4.5],
    [-4.5, 4.5],
  ],
  start: [1, 1.5],
  value: (_, at) => residuals(at).reduce((sum, { value }) => sum + value * value, 0),
  gradient: (_, at) =>
    residuals(at).reduce<Point>(
      ([x, y], { value, byX, byY }) => [x + 2 * value * byX, y + 2 * value * byY],
      [0, 0],
    ),
  minimum: () => ({ value: 0, at: [[3, 0.5]] }),
} satisfies SurfaceDefinition<'beale', z.output<typeof options>>;
