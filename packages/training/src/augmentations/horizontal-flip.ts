import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';
import { drawFlips, probability } from './flips.js';

const options = z.strictObject({ kind: z.literal('horizontal-flip'), probability });

export const horizontalFlip = {
  kind: 'horizontal-flip',
  title: 'Horizontal flip',
  summary: 'Mirrors left and right. Right for most photographs and clothes, wrong for digits and text.',
  formula: null,
  paper: null,
  whenToUse: 'For photographs and clothes; never for digits, text or anything with a left and a right.',
  conventions: "As torchvision's RandomHorizontalFlip.",
  options,
  problems: () => [],
  draw: (o, samples) => ({ kind: o.kind, flips: drawFlips(o.probability, samples) }),
} satisfies AugmentationDefinition<'horizontal-flip', z.output<typeof options>>;
