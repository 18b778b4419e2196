import { z } from 'zod';
import { Layer } from '../layers.js';
import { InitializerKind } from '../parameters.js';
import type { ArchitectureDefinition } from './definition.js';

const options = z.strictObject({
  kind: z.literal('layers'),
  layers: z
    .array(Layer)
    .min(1)
    .max(1000, 'at most 1000 layers')
    .describe('In order; the last one gives the logits'),
  initializer: InitializerKind,
});

/** `add` with the name of an earlier layer makes a residual connection; `from` starts a branch. */
export const layers = {
  kind: 'layers',
  title: 'Own layers',
  summary: 'A network of your own, layer by layer, with branches and residual connections by name.',
  formula: null,
  paper: null,
  whenToUse: 'For a network of your own that is mostly a chain.',
  conventions: null,
  options,
  layers: (o) => o.layers,
  pathOf: (_, index) => ['layers', index],
} satisfies ArchitectureDefinition<'layers', z.output<typeof options>>;
