import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';
import { drawOperations, probabilityOf } from './pixel-draws.js';

const options = z.strictObject({ kind: z.literal('equalize'), probability: probabilityOf(0.5) });

export const equalize = {
  kind: 'equalize',
  title: 'Equalize',
  summary: "Spreads the histogram of each channel evenly (PIL's ImageOps.equalize).",
  formula: null,
  paper: null,
  whenToUse: 'For images of very different exposure.',
  conventions: "PIL's: per channel, with its rounding.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>) => [{ kind: o.kind, parameters: [] }]),
} satisfies AugmentationDefinition<'equalize', z.output<typeof options>>;
