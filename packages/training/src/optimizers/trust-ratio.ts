import { z } from 'zod';
import { elements } from '../shapes.js';

/** Size of a parameter over the size of its step, and 1 where either is 0: nothing can be said then. */
export const trustRatio = (parameter: number, step: number): number =>
  parameter === 0 || step === 0 ? 1 : parameter / step;

/** Biases, scales and shifts: parameters that are no matrix. */
export const isVector = (shape: readonly number[]): boolean => shape.length < 2;

/** A weight as a matrix: outputs, and all the rest of a convolution's. */
export const matrixSize = ([rows, ...rest]: readonly number[]): [rows: number, columns: number] => [
  rows as number,
  elements(rest),
];

export const adaptVectors = z
  .boolean()
  .default(true)
  .describe(
    'Whether biases, scales and shifts get a trust ratio too, as in the paper; else theirs is 1, as is usual with large batches',
  );
