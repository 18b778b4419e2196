import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';
import { between, drawOperations, probabilityOf, rangeOf } from './pixel-draws.js';

const options = z.strictObject({
  kind: z.literal('saturation'),
  factor: rangeOf(0, 10, [0.6, 1.4], 'Range of the factor: 0 gives gray, 1 the image'),
  probability: probabilityOf(1),
});

export const saturation = {
  kind: 'saturation',
  title: 'Saturation',
  summary:
    'Makes colours paler or stronger: a blend with the gray image, as in PIL and torchvision; an image of one channel stays as it is.',
  formula: 'x → l + f · (x − l), l the luma of the pixel',
  paper: null,
  whenToUse: 'For colour photographs of several cameras.',
  conventions: "As torchvision's ColorJitter(saturation) and PIL's Color.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>, stream) => [
    { kind: o.kind, parameters: [between(stream, o.factor)] },
  ]),
} satisfies AugmentationDefinition<'saturation', z.output<typeof options>>;
