import { z } from 'zod';
import type { LayerInput } from '../layers.js';
import { InitializerKind } from '../parameters.js';
import {
  Activation,
  activation,
  classifier,
  dropout,
  dropoutRate,
  from,
  Normalization,
  named,
  norm,
  normActivationConv,
} from './blocks.js';
import { type ArchitectureDefinition, tooSmall } from './definition.js';

const options = z.strictObject({
  kind: z.literal('densenet'),
  depth: z
    .int()
    .min(10)
    .max(250)
    .refine((depth) => depth % 6 === 4, 'must be 6·n + 4, e.g. 40, 100 or 190')
    .default(100)
    .describe('6·n + 4 for n bottleneck layers in each of three blocks'),
  growthRate: z.int().min(1).max(64).default(12).describe('Channels that each layer adds'),
  compression: z
    .number()
    .positive()
    .max(1)
    .default(0.5)
    .describe('Share of the channels that a transition keeps'),
  dropout: dropoutRate.default(0).describe('Dropout after each 3×3 convolution; 0 leaves it out'),
  normalization: Normalization.default('batch'),
  activation: Activation.default('relu'),
  initializer: InitializerKind.default('he'),
});

const BOTTLENECK = 4;
const MINIMUM_SIZE = 4;

/** DenseNet-BC-100-12 has 769,162 parameters at 3 channels and 10 classes. */
export const densenet = {
  kind: 'densenet',
  title: 'DenseNet-BC',
  summary: 'Every layer reads the outputs of all earlier ones of its block; made for 32×32 images.',
  formula: 'x_l = H([x_0, x_1, …, x_(l−1)])',
  paper: 'Huang, Liu, van der Maaten, Weinberger 2016, Densely Connected Convolutional Networks',
  whenToUse: 'When parameters shall be few; it needs much memory for activations.',
  conventions: 'The DenseNet-BC for CIFAR of the paper; torchvision has the ones for ImageNet only.',
  options,
  layers: (o, input) => {
    if (Math.min(input.height, input.width) < MINIMUM_SIZE) return tooSmall('DenseNet', MINIMUM_SIZE, input);
    let channels = 2 * o.growthRate;
    let entry = 'stem';
    const dense = (name: string): LayerInput[] => {
      const added = [
        ...normActivationConv(o, channels, BOTTLENECK * o.growthRate, { kernel: 1 }),
        ...normActivationConv(o, BOTTLENECK * o.growthRate, o.growthRate),
        ...dropout(o.dropout),
      ];
      const layers: LayerInput[] = [
        ...named(`${name}-new`, from(entry, added)),
        { kind: 'concat', from: entry, with: [`${name}-new`], name },
      ];
      channels += o.growthRate;
      entry = name;
      return layers;
    };
    const transition = (name: string): LayerInput[] => {
      const kept = Math.max(1, Math.floor(channels * o.compression));
      const layers = normActivationConv(o, channels, kept, { kernel: 1 });
      channels = kept;
      entry = name;
      return [...layers, { kind: 'avg-pool', name }];
    };
    const count = (o.depth - 4) / 6;
    const blocks = [1, 2, 3].flatMap((block) => [
      ...Array.from({ length: count }, (_, i) => dense(`block${block}-layer${i + 1}`)).flat(),
      ...(block < 3 ? transition(`transition${block}`) : []),
    ]);
    return [
      { kind: 'conv2d', outChannels: 2 * o.growthRate, bias: o.normalization === 'none', name: 'stem' },
      ...blocks,
      ...norm(o, channels),
      activation(o),
      ...classifier(0),
    ];
  },
} satisfies ArchitectureDefinition<'densenet', z.output<typeof options>>;
