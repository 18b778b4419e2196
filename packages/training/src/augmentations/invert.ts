import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';
import { drawOperations, probabilityOf } from './pixel-draws.js';

const options = z.strictObject({ kind: z.literal('invert'), probability: probabilityOf(0.1) });

export const invert = {
  kind: 'invert',
  title: 'Invert',
  summary: 'Turns the image into its negative.',
  formula: 'x → 255 − x',
  paper: null,
  whenToUse: 'For drawings and scans that come in both polarities.',
  conventions: "As torchvision's RandomInvert.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>) => [{ kind: o.kind, parameters: [] }]),
} satisfies AugmentationDefinition<'invert', z.output<typeof options>>;
