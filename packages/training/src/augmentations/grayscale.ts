import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';
import { drawOperations, probabilityOf } from './pixel-draws.js';

const options = z.strictObject({ kind: z.literal('grayscale'), probability: probabilityOf(0.1) });

export const grayscale = {
  kind: 'grayscale',
  title: 'Grayscale',
  summary: 'Replaces the colours by their luma; an image of one channel stays as it is.',
  formula: 'x → 0.299 R + 0.587 G + 0.114 B',
  paper: null,
  whenToUse: 'When colour must not decide.',
  conventions: "As torchvision's RandomGrayscale, PIL's luma weights.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>) => [{ kind: o.kind, parameters: [] }]),
} satisfies AugmentationDefinition<'grayscale', z.output<typeof options>>;
