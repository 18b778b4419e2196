import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';
import { between, drawOperations, probabilityOf, rangeOf } from './pixel-draws.js';

const options = z.strictObject({
  kind: z.literal('hue'),
  turn: rangeOf(-0.5, 0.5, [-0.1, 0.1], 'Range of the turn around the colour circle; 0.5 is half of it'),
  probability: probabilityOf(1),
});

export const hue = {
  kind: 'hue',
  title: 'Hue',
  summary:
    "Turns the colours around the colour circle, as torchvision's adjust_hue does with tensors; an image of one channel stays as it is.",
  formula: 'h → h + turn mod 1',
  paper: null,
  whenToUse: 'Where colours may turn, as under odd lamps; not where colour is the class.',
  conventions:
    "As torchvision's adjust_hue of tensors, a turn in HSV; Keras's RandomHue turns in the same way.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>, stream) => [
    { kind: o.kind, parameters: [between(stream, o.turn)] },
  ]),
} satisfies AugmentationDefinition<'hue', z.output<typeof options>>;
