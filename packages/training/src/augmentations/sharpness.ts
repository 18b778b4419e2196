import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';
import { between, drawOperations, probabilityOf, rangeOf } from './pixel-draws.js';

const options = z.strictObject({
  kind: z.literal('sharpness'),
  factor: rangeOf(
    0,
    10,
    [0.6, 1.4],
    'Range of the factor: 0 gives the smoothed image, 1 the image, 2 a sharper one',
  ),
  probability: probabilityOf(1),
});

export const sharpness = {
  kind: 'sharpness',
  title: 'Sharpness',
  summary: "Blurs or sharpens: a blend with PIL's smoothed image; the outermost pixels stay as they are.",
  formula: 'x → s + f · (x − s), s the smoothed pixel',
  paper: null,
  whenToUse: 'When some images are out of focus.',
  conventions: "PIL's Sharpness, torchvision's RandomAdjustSharpness.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>, stream) => [
    { kind: o.kind, parameters: [between(stream, o.factor)] },
  ]),
} satisfies AugmentationDefinition<'sharpness', z.output<typeof options>>;
