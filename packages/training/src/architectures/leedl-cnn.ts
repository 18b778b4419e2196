import { z } from 'zod';
import type { LayerInput } from '../layers.js';
import { InitializerKind } from '../parameters.js';
import { Activation, activation, dropout, dropoutRate, halving, Normalization, norm } from './blocks.js';
import { type ArchitectureDefinition, tooSmall } from './definition.js';

const options = z.strictObject({
  kind: z.literal('leedl-cnn'),
  width: z
    .int()
    .min(1)
    .max(512)
    .default(64)
    .describe('Channels of the first block; others 2, 4, 8 and 8 times that'),
  dropout: dropoutRate.default(0).describe('Dropout before each linear layer; 0 leaves it out'),
  normalization: Normalization.default('batch'),
  activation: Activation.default('relu'),
  initializer: InitializerKind,
});

const WIDTHS = [1, 2, 4, 8, 8];
const MINIMUM_SIZE = 8;

/**
 * The reference network: five blocks of conv3×3, batch norm, ReLU and 2×2 max pooling, then 1024-512-classes.
 * 12,833,803 parameters at 3×128×128 and 11 classes. Smaller images are pooled until one row or column is left.
 */
export const leedlCnn = {
  kind: 'leedl-cnn',
  title: 'LeeDL CNN',
  summary:
    'Five conv-norm-ReLU-pool blocks (64-128-256-512-512) and three linear layers; made for 128×128 photographs.',
  formula: null,
  paper: 'Machine Learning 2022 Spring, Hung-yi Lee, homework 3 (LeeDL tutorial)',
  whenToUse: "For photographs of 64 to 256 pixels and the homework's recipes.",
  conventions: "The homework's network, layer by layer; weights start as PyTorch's.",
  options,
  layers: (o, input) => {
    if (Math.min(input.height, input.width) < MINIMUM_SIZE) return tooSmall('LeeDL CNN', MINIMUM_SIZE, input);
    const { pool } = halving(input);
    const hidden = (outFeatures: number): LayerInput[] => [
      ...dropout(o.dropout),
      { kind: 'linear', outFeatures },
      activation(o),
    ];
    return [
      ...WIDTHS.flatMap((factor): LayerInput[] => {
        const outChannels = o.width * factor;
        return [{ kind: 'conv2d', outChannels }, ...norm(o, outChannels), activation(o), ...pool()];
      }),
      { kind: 'flatten' },
      ...hidden(1024),
      ...hidden(512),
      ...dropout(o.dropout),
      { kind: 'linear', outFeatures: 'classes' },
    ];
  },
} satisfies ArchitectureDefinition<'leedl-cnn', z.output<typeof options>>;
