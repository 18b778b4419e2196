import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';
import { drawOperations, probabilityOf } from './pixel-draws.js';

const options = z.strictObject({
  kind: z.literal('cutout'),
  size: z.int().min(1).max(4096).default(8).describe('Side of the square in pixels'),
  fill: z.int().min(0).max(255).default(0).describe('Byte of every channel in the square'),
  probability: probabilityOf(1),
});

export const cutout = {
  kind: 'cutout',
  title: 'Cutout',
  summary: 'Fills a square whose centre is any pixel; what of it lies outside the image is cut off.',
  formula: null,
  paper: 'DeVries and Taylor 2017, Improved Regularization of CNNs with Cutout, arXiv:1708.04552',
  whenToUse: 'As random erasing with one fixed square; usual on CIFAR.',
  conventions:
    "The authors' code cuts after normalisation, so that its square holds the dataset's mean; here it is cut before, and holds the byte `fill`. torchvision and Keras have none of that name.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>, stream, { height, width }) => {
    const half = Math.floor(o.size / 2);
    const top = stream.below(height) - half;
    const left = stream.below(width) - half;
    return [{ kind: 'erase', parameters: [top, left, o.size, o.size, o.fill] }];
  }),
} satisfies AugmentationDefinition<'cutout', z.output<typeof options>>;
