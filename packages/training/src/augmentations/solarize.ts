import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';
import { drawOperations, probabilityOf } from './pixel-draws.js';

const options = z.strictObject({
  kind: z.literal('solarize'),
  threshold: z.number().min(0).max(256).default(128).describe('Bytes from here on are inverted'),
  probability: probabilityOf(0.5),
});

export const solarize = {
  kind: 'solarize',
  title: 'Solarize',
  summary: "Inverts the bright pixels, those not below a threshold (PIL's ImageOps.solarize).",
  formula: 'x → x < threshold ? x : 255 − x',
  paper: null,
  whenToUse: 'As a part of a policy rather than alone.',
  conventions: "PIL's and torchvision's.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>) => [{ kind: o.kind, parameters: [o.threshold] }]),
} satisfies AugmentationDefinition<'solarize', z.output<typeof options>>;
