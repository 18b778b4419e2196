import { z } from 'zod';
import type { Operation } from '../operations/index.js';
import type { ImageSize } from './definition.js';

/** What all augmentations that move pixels off the grid share. */
export const sampling = {
  interpolation: z
    .enum(['nearest', 'bilinear'])
    .default('nearest')
    .describe('How a point between pixels is read; nearest is the default of torchvision too'),
  fill: z
    .int()
    .min(0)
    .max(255)
    .default(0)
    .describe('Byte of every channel where the old image does not reach'),
};
export interface Sampling {
  interpolation: 'nearest' | 'bilinear';
  fill: number;
}

/** A map of the image onto the plane; angles in degrees, shifts in pixels. */
export interface Placement {
  /** Clockwise. */
  rotation?: number;
  /** Along x and along y. */
  shear?: [number, number];
  shift?: [number, number];
  scale?: number;
  /** The point that stays where it is; the middle of the image unless given. */
  centre?: [number, number];
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/**
 * The operation that places the image so: torchvision's map, first the shear, then rotation and scale, about the
 * centre, then the shift. The engine needs its inverse, which tells for each new point the old one.
 */
export function affineOperation(
  { rotation = 0, shear = [0, 0], shift = [0, 0], scale = 1, centre }: Placement,
  { height, width }: ImageSize,
  { interpolation, fill }: Sampling,
): Operation {
  const [x, y] = centre ?? [width / 2, height / 2];
  const [turn, alongX, alongY] = [radians(rotation), radians(shear[0]), radians(shear[1])];
  const cosine = Math.cos(turn - alongY) / Math.cos(alongY);
  const sine = Math.sin(turn - alongY) / Math.cos(alongY);
  const a = (-sine * Math.tan(alongX) + Math.cos(turn)) / scale;
  const b = (cosine * Math.tan(alongX) + Math.sin(turn)) / scale;
  const d = -sine / scale;
  const e = cosine / scale;
  const [fromX, fromY] = [-x - shift[0], -y - shift[1]];
  const matrix = [a, b, a * fromX + b * fromY + x, d, e, d * fromX + e * fromY + y];
  return { kind: 'affine', parameters: [...matrix, interpolation === 'bilinear' ? 1 : 0, fill] };
}
