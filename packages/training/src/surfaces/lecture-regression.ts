import { z } from 'zod';
import type { SurfaceDefinition } from './definition.js';
import type { Point } from './point.js';

const options = z.strictObject({ kind: z.literal('lecture-regression') });

const X = [338, 333, 328, 207, 226, 25, 179, 60, 208, 606];
const Y = [640, 633, 619, 393, 428, 27, 193, 66, 226, 1591];

const sumOf = (f: (x: number, y: number) => number): number =>
  X.reduce((sum, x, i) => sum + f(x, Y[i] as number), 0);
const [count, x, y] = [X.length, sumOf((x) => x), sumOf((_, y) => y)];
const [xx, xy] = [sumOf((x) => x * x), sumOf((x, y) => x * y)];

const value = (b: number, w: number): number => sumOf((x, y) => (y - b - w * x) ** 2);

function gradient(b: number, w: number): Point {
  let [alongB, alongW] = [0, 0];
  for (let i = 0; i < count; i++) {
    const [x, y] = [X[i] as number, Y[i] as number];
    const r = y - b - w * x;
    alongB += r;
    alongW += r * x;
  }
  return [-2 * alongB, -2 * alongW];
}

/** Normal equations. */
function optimum(): Point {
  const determinant = count * xx - x * x;
  return [(y * xx - x * xy) / determinant, (count * xy - x * y) / determinant];
}

/** Eigenvalues of the Hessian [[2n, 2Σx], [2Σx, 2Σx²]], the small one by the determinant: the difference would cancel. */
function curvature(): Point {
  const half = count + xx;
  const large = half + Math.sqrt((xx - count) ** 2 + 4 * x * x);
  return [(4 * (count * xx - x * x)) / large, large];
}

/** Ten points of the lecture on optimisation (Hung-yi Lee, Machine Learning), whose figures of AdaGrad are drawn on it. */
export const lectureRegression = {
  kind: 'lecture-regression',
  title: "The lecture's regression",
  summary: 'A straight line through ten points: a ravine of condition number 313,418.',
  formula: 'L = Σ (y − b − w x)²',
  paper: null,
  options,
  axes: ['b', 'w'],
  domain: [
    [-200, -100],
    [-5, 5],
  ],
  start: [-120, -4],
  value: (_, [b, w]) => value(b, w),
  gradient: (_, [b, w]) => gradient(b, w),
  minimum: () => ({ value: value(...optimum()), at: [optimum()] }),
  curvature,
} satisfies SurfaceDefinition<'lecture-regression', z.output<typeof options>>;
