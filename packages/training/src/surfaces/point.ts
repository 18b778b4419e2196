import type { Algebra } from '../algebra.js';

/** A place on a surface. */
export type Point = readonly [number, number];

const each = ([x, y]: Point, f: (x: number) => number): Point => [f(x), f(y)];
const quotient = (x: number, y: number): number => (y === 0 ? 0 : x / y);

/** The arithmetic of `float64` for two numbers at a time: the same results, without an array allocated for each. */
export const points: Algebra<Point> = {
  add: (a, b) => [a[0] + b[0], a[1] + b[1]],
  subtract: (a, b) => [a[0] - b[0], a[1] - b[1]],
  multiply: (a, b) => [a[0] * b[0], a[1] * b[1]],
  quotient: (a, b) => [quotient(a[0], b[0]), quotient(a[1], b[1])],
  scale: (a, factor) => [a[0] * factor, a[1] * factor],
  shift: (a, amount) => [a[0] + amount, a[1] + amount],
  atLeast: (a, minimum) => each(a, (x) => Math.max(x, minimum)),
  atMost: (a, maximum) => each(a, (x) => Math.min(x, maximum)),
  maximum: (a, b) => [Math.max(a[0], b[0]), Math.max(a[1], b[1])],
  absolute: (a) => each(a, Math.abs),
  sign: (a) => each(a, Math.sign),
  squareRoot: (a) => each(a, Math.sqrt),
};
