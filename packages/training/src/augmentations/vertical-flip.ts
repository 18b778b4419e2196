import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';
import { drawFlips, probability } from './flips.js';

const options = z.strictObject({ kind: z.literal('vertical-flip'), probability });

export const verticalFlip = {
  kind: 'vertical-flip',
  title: 'Vertical flip',
  summary: 'Mirrors top and bottom. Right where up and down mean nothing, as in aerial or microscope images.',
  formula: null,
  paper: null,
  whenToUse: 'For images without an up and a down: microscopes, satellites.',
  conventions: "As torchvision's RandomVerticalFlip.",
  options,
  problems: () => [],
  draw: (o, samples) => ({ kind: o.kind, flips: drawFlips(o.probability, samples) }),
} satisfies AugmentationDefinition<'vertical-flip', z.output<typeof options>>;
