import type { z } from 'zod';
import type { Described } from '../family.js';
import type { Point } from './point.js';

/** Ends of an axis as it is drawn. */
export type Range = readonly [from: number, to: number];

/** An error surface over two parameters, on which optimizers can be watched. */
export interface SurfaceDefinition<Kind extends string, Options> extends Described<Kind> {
  options: z.ZodType<Options>;
  /** Names of the two parameters. */
  axes: readonly [string, string];
  /** The part that is worth drawing. */
  domain: readonly [Range, Range];
  /** Where a descent begins unless it is told otherwise. */
  start: Point;
  value(options: Options, at: Point): number;
  gradient(options: Options, at: Point): Point;
  /** The least value and the places, or some of the places, where it is taken; null where it is only approached. */
  minimum(options: Options): { value: number; at: Point[] } | null;
  /** Present where the surface is quadratic, so that its Hessian is the same everywhere: eigenvalues, the smaller first. */
  curvature?(options: Options): readonly [number, number];
}
