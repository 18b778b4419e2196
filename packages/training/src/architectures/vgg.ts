import { z } from 'zod';
import type { LayerInput } from '../layers.js';
import { InitializerKind } from '../parameters.js';
import { Activation, activation, dropout, dropoutRate, halving, Normalization, norm } from './blocks.js';
import type { ArchitectureDefinition } from './definition.js';

const options = z.strictObject({
  kind: z.literal('vgg'),
  depth: z
    .union([z.literal(11), z.literal(13), z.literal(16), z.literal(19)], {
      error: 'must be 11, 13, 16 or 19',
    })
    .default(16)
    .describe('Convolutions plus the three linear layers of the ImageNet head'),
  width: z
    .int()
    .min(1)
    .max(512)
    .default(64)
    .describe('Channels of the first stage; others 2, 4, 8 and 8 times that'),
  head: z
    .enum(['linear', 'imagenet'])
    .default('linear')
    .describe(
      'linear: global average and one linear layer; imagenet: the published 4096-4096 layers on all pixels',
    ),
  dropout: dropoutRate
    .default(0.5)
    .describe('Dropout before the last layer, in the ImageNet head after both hidden ones'),
  normalization: Normalization.default('batch'),
  activation: Activation.default('relu'),
  initializer: InitializerKind.default('he'),
});

const CONVOLUTIONS: Record<number, number[]> = {
  11: [1, 1, 2, 2, 2],
  13: [2, 2, 2, 2, 2],
  16: [2, 2, 3, 3, 3],
  19: [2, 2, 4, 4, 4],
};
const WIDTHS = [1, 2, 4, 8, 8];

/** VGG11 with batch norm and the ImageNet head has 132,868,840 parameters at 3×224×224 and 1000 classes. */
export const vgg = {
  kind: 'vgg',
  title: 'VGG',
  summary: 'Plain stack of 3×3 convolutions and poolings, with batch normalisation by default.',
  formula: null,
  paper: 'Simonyan, Zisserman 2014, Very Deep Convolutional Networks for Large-Scale Image Recognition',
  whenToUse: 'For transfer of published recipes; otherwise a ResNet is smaller and better.',
  conventions:
    "VGG with batch normalisation as in torchvision's vgg*_bn; head `linear` is the form that is usual on CIFAR.",
  options,
  layers: (o, input) => {
    const { pool } = halving(input);
    const stages = (CONVOLUTIONS[o.depth] as number[]).flatMap((count, stage) => {
      const outChannels = o.width * (WIDTHS[stage] as number);
      const conv = (): LayerInput[] => [
        { kind: 'conv2d', outChannels },
        ...norm(o, outChannels),
        activation(o),
      ];
      return [...Array.from({ length: count }, conv).flat(), ...pool()];
    });
    const hidden = (): LayerInput[] => [
      { kind: 'linear', outFeatures: 4096 },
      activation(o),
      ...dropout(o.dropout),
    ];
    const head: LayerInput[] =
      o.head === 'imagenet'
        ? [{ kind: 'flatten' }, ...hidden(), ...hidden()]
        : [{ kind: 'global-average-pool' }, ...dropout(o.dropout)];
    return [...stages, ...head, { kind: 'linear', outFeatures: 'classes' }];
  },
} satisfies ArchitectureDefinition<'vgg', z.output<typeof options>>;
