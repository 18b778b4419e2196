import { z } from 'zod';
import type { LayerInput } from '../layers.js';
import { InitializerKind } from '../parameters.js';
import { Activation, activation, dropout, dropoutRate, Normalization, norm } from './blocks.js';
import type { ArchitectureDefinition } from './definition.js';

const options = z.strictObject({
  kind: z.literal('mlp'),
  hidden: z
    .array(z.int().min(1).max(8192, 'at most 8192'))
    .min(1)
    .max(16)
    .default([256])
    .describe('Width of each hidden layer'),
  dropout: dropoutRate.default(0).describe('Dropout after each hidden layer; 0 leaves it out'),
  normalization: Normalization.default('none'),
  activation: Activation.default('relu'),
  initializer: InitializerKind,
});

export const mlp = {
  kind: 'mlp',
  title: 'Multilayer perceptron',
  summary: 'Linear layers on the flattened pixels; a baseline that knows nothing about images.',
  formula: null,
  paper: null,
  whenToUse: 'As a baseline for what convolutions gain; for tiny gray images.',
  conventions: null,
  options,
  layers: (o) => [
    { kind: 'flatten' },
    ...o.hidden.flatMap((outFeatures): LayerInput[] => [
      { kind: 'linear', outFeatures, bias: o.normalization === 'none' },
      ...norm(o, outFeatures),
      activation(o),
      ...dropout(o.dropout),
    ]),
    { kind: 'linear', outFeatures: 'classes' },
  ],
} satisfies ArchitectureDefinition<'mlp', z.output<typeof options>>;
