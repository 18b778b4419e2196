import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';
import { drawFlips } from './flips.js';

const options = z.strictObject({ kind: z.literal('alternating-flip') });

export const alternatingFlip = {
  kind: 'alternating-flip',
  title: 'Alternating flip',
  summary:
    'Mirrors a random half of the images left to right in the first epoch, the other half in the second, and so on: each image is seen both ways in any two epochs.',
  formula: null,
  paper: 'Jordan 2024, 94% on CIFAR-10 in 3.29 Seconds on a Single GPU, arXiv:2404.00498',
  whenToUse: 'In place of horizontal-flip in runs of few epochs.',
  conventions: 'Neither torchvision nor Keras has it; as airbench.',
  options,
  problems: () => [],
  draw: (_, samples) => ({
    kind: 'horizontal-flip',
    flips: drawFlips(0.5, samples, 0).map((flip) => flip ^ (samples.epoch % 2)),
  }),
} satisfies AugmentationDefinition<'alternating-flip', z.output<typeof options>>;
