import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';
import { between, drawOperations, probabilityOf, rangeOf } from './pixel-draws.js';

const options = z.strictObject({
  kind: z.literal('brightness'),
  factor: rangeOf(0, 10, [0.6, 1.4], 'Range of the factor: 0 gives black, 1 the image, 2 twice the light'),
  probability: probabilityOf(1),
});

export const brightness = {
  kind: 'brightness',
  title: 'Brightness',
  summary: 'Makes the image darker or brighter: a blend with black, as in PIL and torchvision.',
  formula: 'x → f · x',
  paper: null,
  whenToUse: 'For photographs in changing light.',
  conventions: "As torchvision's ColorJitter(brightness): a factor. Keras's RandomBrightness adds instead.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>, stream) => [
    { kind: o.kind, parameters: [between(stream, o.factor)] },
  ]),
} satisfies AugmentationDefinition<'brightness', z.output<typeof options>>;
