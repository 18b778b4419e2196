import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';

const options = z.strictObject({
  kind: z.literal('random-crop'),
  padding: z
    .int()
    .min(1)
    .max(256, 'at most 256 pixels')
    .default(4)
    .describe('Pixels added on every side before the cut'),
  mode: z
    .enum(['zero', 'reflect'])
    .default('zero')
    .describe('What the padding holds: black, or the image mirrored at its edge'),
});

export const randomCrop = {
  kind: 'random-crop',
  title: 'Random crop',
  summary:
    'Pads the image and cuts a window of the old size at a random place: a shift by up to `padding` pixels.',
  formula: null,
  paper: 'He et al. 2016, Deep Residual Learning for Image Recognition, arXiv:1512.03385',
  whenToUse: 'Nearly always: padding about an eighth of the side.',
  conventions:
    "As torchvision's RandomCrop(size, padding, padding_mode zeros or reflect). Padding is black before normalisation, as there when it stands before Normalize.",
  options,
  problems: (o, { height, width }) =>
    o.padding < Math.min(height, width)
      ? []
      : [
          {
            path: ['padding'],
            message: `must be less than the image's shorter side (${Math.min(height, width)})`,
          },
        ],
  draw: (o, { count, streamOf }) => {
    const offsets = new Int32Array(count * 2);
    for (let i = 0; i < count; i++) {
      const { below } = streamOf(i);
      offsets[2 * i] = below(2 * o.padding + 1);
      offsets[2 * i + 1] = below(2 * o.padding + 1);
    }
    return { kind: o.kind, padding: o.padding, mode: o.mode, offsets };
  },
} satisfies AugmentationDefinition<'random-crop', z.output<typeof options>>;
