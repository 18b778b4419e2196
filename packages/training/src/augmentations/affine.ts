import { z } from 'zod';
import { affineOperation, sampling } from './affine-matrix.js';
import type { AugmentationDefinition } from './definition.js';
import { between, drawOperations, probabilityOf, rangeOf } from './pixel-draws.js';

const options = z.strictObject({
  kind: z.literal('affine'),
  degrees: z.number().min(0).max(180).default(15).describe('Rotation by up to this angle, either way'),
  translate: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Shift by up to this share of width and height, either way, in whole pixels'),
  scale: rangeOf(0.05, 20, [1, 1], 'Range of the enlargement'),
  shear: z
    .tuple([z.number().min(0).max(80), z.number().min(0).max(80)])
    .default([0, 0])
    .describe('Shear by up to these angles in degrees along x and along y, either way'),
  ...sampling,
  probability: probabilityOf(1),
});

export const affine = {
  kind: 'affine',
  title: 'Affine map',
  summary: "Rotates, shifts, enlarges and shears about the middle of the image (torchvision's RandomAffine).",
  formula: null,
  paper: null,
  whenToUse: 'For objects that appear tilted, small or off the middle.',
  conventions:
    "As torchvision's RandomAffine: same order of the maps about the middle; Keras's RandomRotation and RandomTranslation fill by reflection by default.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>, stream, image) => {
    const upTo = (most: number) => between(stream, [-most, most]);
    const rotation = upTo(o.degrees);
    const shift = [
      Math.round(upTo(o.translate * image.width)),
      Math.round(upTo(o.translate * image.height)),
    ] as [number, number];
    const scale = between(stream, o.scale);
    const shear = [upTo(o.shear[0]), upTo(o.shear[1])] as [number, number];
    return [affineOperation({ rotation, shift, scale, shear }, image, o)];
  }),
} satisfies AugmentationDefinition<'affine', z.output<typeof options>>;
