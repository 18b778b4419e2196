import { z } from 'zod';
import type { LayerInput } from '../layers.js';
import { InitializerKind } from '../parameters.js';
import {
  Activation,
  activation,
  dropout,
  dropoutRate,
  from,
  Normalization,
  named,
  norm,
  residual,
} from './blocks.js';
import type { ArchitectureDefinition } from './definition.js';

const options = z.strictObject({
  kind: z.literal('leedl-residual-cnn'),
  width: z
    .int()
    .min(1)
    .max(512)
    .default(64)
    .describe('Channels of the first pair; others 2 and 4 times that'),
  dropout: dropoutRate.default(0).describe('Dropout before each linear layer; 0 leaves it out'),
  normalization: Normalization.default('batch'),
  activation: Activation.default('relu'),
  initializer: InitializerKind,
});

/** Three pairs of convolutions, a shortcut around the second of each; the second and third pair begin at stride 2. */
export const leedlResidualCnn = {
  kind: 'leedl-residual-cnn',
  title: 'LeeDL residual CNN',
  summary:
    'Six convolutions (64-64-128-128-256-256) with three shortcuts: the residual exercise of the homework.',
  formula: 'y = f(x + F(x))',
  paper: 'Machine Learning 2022 Spring, Hung-yi Lee, homework 3, report question 2',
  whenToUse: 'To compare with and without shortcuts, as the homework asks.',
  conventions: "The homework's exercise with the shortcuts added in forward, before the ReLU.",
  options,
  layers: (o) => {
    const pairs = [1, 2, 4].flatMap((factor, i): LayerInput[] => {
      const outChannels = o.width * factor;
      const conv = (stride: number): LayerInput[] => [
        { kind: 'conv2d', outChannels, stride },
        ...norm(o, outChannels),
      ];
      const entry = `pair${i + 1}-entry`;
      const first = [...conv(i === 0 ? 1 : 2), activation(o)];
      const before = i === 0 ? first : from(`pair${i}`, first);
      return [
        ...named(entry, before),
        ...residual(`pair${i + 1}-sum`, entry, conv(1)),
        { ...activation(o), name: `pair${i + 1}` },
      ];
    });
    return [
      ...pairs,
      { kind: 'flatten' },
      ...dropout(o.dropout),
      { kind: 'linear', outFeatures: 256 },
      activation(o),
      ...dropout(o.dropout),
      { kind: 'linear', outFeatures: 'classes' },
    ];
  },
} satisfies ArchitectureDefinition<'leedl-residual-cnn', z.output<typeof options>>;
