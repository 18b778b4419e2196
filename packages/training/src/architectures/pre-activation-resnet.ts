import { z } from 'zod';
import type { LayerInput } from '../layers.js';
import { activation, classifier, named, norm, shrinks } from './blocks.js';
import type { ArchitectureDefinition } from './definition.js';
import { preActivationBlock } from './pre-activation-block.js';
import { blockPlaces, resnetOptions, STAGES } from './resnet-options.js';

const options = z.strictObject({ kind: z.literal('pre-activation-resnet'), ...resnetOptions });

/** The stem is the convolution alone (and its pooling); the last sum is normalised and activated before the average. */
export const preActivationResnet = {
  kind: 'pre-activation-resnet',
  title: 'Pre-activation ResNet',
  summary:
    'ResNet with normalisation and activation before each convolution, so that shortcuts stay untouched.',
  formula: 'y = x + F(f(x))',
  paper: 'He, Zhang, Ren, Sun 2016, Identity Mappings in Deep Residual Networks',
  whenToUse: 'For very deep residual networks.',
  conventions: "Keras's ResNetV2 has another stem and biases; torchvision has none.",
  options,
  layers: (o, input) => {
    const { blocks, bottleneck } = STAGES[o.depth] as (typeof STAGES)[number];
    const isLarge = shrinks(o.stem, input);
    const expansion = bottleneck ? 4 : 1;
    const widths = blocks.map((_, stage) => o.width * 2 ** stage);
    const conv: LayerInput = {
      kind: 'conv2d',
      outChannels: o.width,
      bias: o.normalization === 'none',
      ...(isLarge ? { kernel: 7, stride: 2 } : {}),
    };
    const pool: LayerInput = { kind: 'max-pool', kernel: 3, stride: 2, padding: 1 };
    let entry = 'stem';
    const stages = blockPlaces(blocks, widths, expansion, o.width, o.stochasticDepth).flatMap((place) => {
      const layers = preActivationBlock(o, place, entry, bottleneck);
      entry = place.name;
      return layers;
    });
    return [
      ...named('stem', isLarge ? [conv, pool] : [conv]),
      ...stages,
      ...norm(o, (widths.at(-1) as number) * expansion),
      activation(o),
      ...classifier(o.dropout),
    ];
  },
} satisfies ArchitectureDefinition<'pre-activation-resnet', z.output<typeof options>>;
