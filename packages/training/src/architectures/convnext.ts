import { z } from 'zod';
import type { LayerInput } from '../layers.js';
import { InitializerKind } from '../parameters.js';
import {
  Activation,
  activation,
  dropout,
  dropoutRate,
  dropPath,
  Normalization,
  named,
  norm,
  residual,
  type Style,
  stochasticDepthRate,
} from './blocks.js';
import { type ArchitectureDefinition, tooSmall } from './definition.js';

const options = z.strictObject({
  kind: z.literal('convnext'),
  depths: z
    .array(z.int().min(1).max(50))
    .length(4)
    .default([3, 3, 9, 3])
    .describe('Blocks of the four stages; the default is ConvNeXt-tiny'),
  width: z
    .int()
    .min(1)
    .max(512)
    .default(96)
    .describe('Channels of the first stage; doubled at each next one'),
  patchSize: z
    .int()
    .min(1)
    .max(16)
    .default(4)
    .describe('Kernel and stride of the first convolution; 1 or 2 for small images'),
  layerScale: z
    .number()
    .positive()
    .max(1)
    .default(1e-6)
    .describe('What the learned scale of each branch starts at'),
  dropout: dropoutRate.default(0).describe('Dropout before the last layer; 0 leaves it out'),
  stochasticDepth: stochasticDepthRate.default(0.1),
  normalization: Normalization.default('layer'),
  activation: Activation.default('gelu'),
  initializer: InitializerKind.default('lecun'),
});

const KERNEL = 7;
const EXPANSION = 4;

/** Depthwise 7×7, normalisation, 1×1 to four times the channels, activation, 1×1 back, layer scale. */
const branch = (style: Style, channels: number, layerScale: number): LayerInput[] => [
  { kind: 'conv2d', outChannels: channels, kernel: KERNEL, groups: channels },
  ...norm(style, channels),
  { kind: 'conv2d', outChannels: EXPANSION * channels, kernel: 1 },
  activation(style),
  { kind: 'conv2d', outChannels: channels, kernel: 1 },
  { kind: 'channel-scale', initialScale: layerScale },
];

/** ConvNeXt-tiny has 28,589,128 parameters at 1000 classes. */
export const convnext = {
  kind: 'convnext',
  title: 'ConvNeXt',
  summary:
    'Convolutional network after the pattern of transformers: patches, wide depthwise kernels, layer norm.',
  formula: 'y = x + γ·W₂ f(W₁ norm(depthwise(x)))',
  paper: 'Liu, Mao, Wu, Feichtenhofer, Darrell, Xie 2022, A ConvNet for the 2020s',
  whenToUse: 'For photographs with AdamW, long training and strong augmentation.',
  conventions:
    "ConvNeXt-T as torchvision's convnext_tiny, layer norm over channels of each pixel in both. It starts weights from a normal of 0.02 cut at ±2, here LeCun by fan-in; block i of L, from 0, drops at the share (i + 1)/L of stochasticDepth here and i/(L − 1) there.",
  options,
  layers: (o, input) => {
    const minimum = 8 * o.patchSize;
    if (Math.min(input.height, input.width) < minimum)
      return tooSmall(`ConvNeXt with patchSize ${o.patchSize}`, minimum, input);
    const style = { ...o, epsilon: 1e-6 };
    const total = o.depths.reduce((sum, n) => sum + n, 0);
    const shrink = (size: number, outChannels: number): LayerInput => ({
      kind: 'conv2d',
      outChannels,
      kernel: size,
      stride: size,
      padding: 0,
    });
    let done = 0;
    let entry = 'stem';
    const stages = o.depths.flatMap((count, stage) => {
      const channels = o.width * 2 ** stage;
      const layers: LayerInput[] = [];
      if (stage > 0) {
        entry = `shrink${stage}`;
        layers.push(...named(entry, [...norm(style, channels / 2), shrink(2, channels)]));
      }
      for (let i = 0; i < count; i++) {
        const name = `stage${stage + 1}-block${i + 1}`;
        const rate = (o.stochasticDepth * ++done) / total;
        layers.push(...residual(name, entry, [...branch(style, channels, o.layerScale), ...dropPath(rate)]));
        entry = name;
      }
      return layers;
    });
    return [
      ...named('stem', [shrink(o.patchSize, o.width), ...norm(style, o.width)]),
      ...stages,
      { kind: 'global-average-pool' },
      ...norm(style, 8 * o.width),
      ...dropout(o.dropout),
      { kind: 'linear', outFeatures: 'classes' },
    ];
  },
} satisfies ArchitectureDefinition<'convnext', z.output<typeof options>>;
