import { z } from 'zod';
import type { SurfaceDefinition } from './definition.js';
import type { Point } from './point.js';

const eigenvalue = z.number().positive().max(1e12, 'at most 1e12');
const options = z.strictObject({
  kind: z.literal('quadratic'),
  eigenvalues: z
    .tuple([eigenvalue, eigenvalue])
    .default([1, 100])
    .describe('Curvature along the two axes before they are rotated; their ratio is the condition number'),
  rotation: z
    .number()
    .min(-360)
    .max(360)
    .default(0)
    .describe('Degrees by which the axes are turned, anticlockwise'),
});
type Options = z.output<typeof options>;

/** Coordinates along the two eigenvectors, and back with the angle negated. */
function turn(degrees: number, [x, y]: Point): Point {
  const [sine, cosine] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  return [cosine * x + sine * y, cosine * y - sine * x];
}

export const quadratic = {
  kind: 'quadratic',
  title: 'Quadratic bowl',
  summary: 'The ravine in its purest form: any condition number, any direction.',
  formula: 'f = ½ (λ₁ u² + λ₂ v²), (u, v) = (x, y) rotated',
  paper: null,
  options,
  axes: ['x', 'y'],
  domain: [
    [-10, 10],
    [-10, 10],
  ],
  start: [-8, -3],
  value: ({ eigenvalues: [a, b], rotation }, at) => {
    const [u, v] = turn(rotation, at);
    return 0.5 * (a * u * u + b * v * v);
  },
  gradient: ({ eigenvalues: [a, b], rotation }, at) => {
    const [u, v] = turn(rotation, at);
    return turn(-rotation, [a * u, b * v]);
  },
  minimum: () => ({ value: 0, at: [[0, 0]] }),
  curvature: ({ eigenvalues: [a, b] }) => [Math.min(a, b), Math.max(a, b)],
} satisfies SurfaceDefinition<'quadratic', Options>;
