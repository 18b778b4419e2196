import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';
import { drawOperations, probabilityOf } from './pixel-draws.js';

const options = z.strictObject({ kind: z.literal('autocontrast'), probability: probabilityOf(0.5) });

export const autocontrast = {
  kind: 'autocontrast',
  title: 'Autocontrast',
  summary:
    "Stretches each channel so that its darkest pixel is black and its brightest white (PIL's ImageOps.autocontrast).",
  formula: 'x → 255 · (x − min) / (max − min)',
  paper: null,
  whenToUse: 'For images of very different exposure.',
  conventions: "PIL's without cut-off, torchvision's RandomAutocontrast.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>) => [{ kind: o.kind, parameters: [] }]),
} satisfies AugmentationDefinition<'autocontrast', z.output<typeof options>>;
