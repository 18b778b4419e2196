import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';
import { between, drawOperations, probabilityOf, rangeOf } from './pixel-draws.js';

const options = z.strictObject({
  kind: z.literal('contrast'),
  factor: rangeOf(0, 10, [0.6, 1.4], 'Range of the factor: 0 gives the mean gray, 1 the image'),
  probability: probabilityOf(1),
});

export const contrast = {
  kind: 'contrast',
  title: 'Contrast',
  summary:
    "Makes light and dark more alike or more different: a blend with the image's mean gray, as in PIL and torchvision.",
  formula: 'x → m + f · (x − m), m the mean luma',
  paper: null,
  whenToUse: 'For photographs in changing light.',
  conventions:
    "As torchvision's and PIL's: towards the mean of the gray image. Keras's RandomContrast takes the mean of each channel.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>, stream) => [
    { kind: o.kind, parameters: [between(stream, o.factor)] },
  ]),
} satisfies AugmentationDefinition<'contrast', z.output<typeof options>>;
