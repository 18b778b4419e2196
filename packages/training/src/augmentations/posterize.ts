import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';
import { drawOperations, probabilityOf } from './pixel-draws.js';

const options = z.strictObject({
  kind: z.literal('posterize'),
  bits: z.int().min(1).max(8).default(4).describe('Bits of each byte that are kept'),
  probability: probabilityOf(0.5),
});

export const posterize = {
  kind: 'posterize',
  title: 'Posterize',
  summary: "Keeps only the highest bits of each byte (PIL's ImageOps.posterize).",
  formula: 'x → x − x mod 2^(8 − bits)',
  paper: null,
  whenToUse: 'As a part of a policy rather than alone.',
  conventions: "PIL's and torchvision's: keeps high bits.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>) => [{ kind: o.kind, parameters: [o.bits] }]),
} satisfies AugmentationDefinition<'posterize', z.output<typeof options>>;
