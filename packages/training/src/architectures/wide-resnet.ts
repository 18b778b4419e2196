import { z } from 'zod';
import { InitializerKind } from '../parameters.js';
import {
  Activation,
  activation,
  classifier,
  dropoutRate,
  Normalization,
  norm,
  stochasticDepthRate,
} from './blocks.js';
import type { ArchitectureDefinition } from './definition.js';
import { preActivationBlock } from './pre-activation-block.js';
import { blockPlaces } from './resnet-options.js';

const options = z.strictObject({
  kind: z.literal('wide-resnet'),
  depth: z
    .int()
    .min(10)
    .max(100)
    .refine((depth) => depth % 6 === 4, 'must be 6·n + 4, e.g. 16, 22, 28 or 40')
    .default(28)
    .describe('6·n + 4 for n blocks in each of three stages'),
  widenFactor: z.int().min(1).max(20).default(10).describe('Stages have 16, 32 and 64 channels times this'),
  dropout: dropoutRate
    .default(0)
    .describe('Dropout between the two convolutions of a block; 0 leaves it out'),
  stochasticDepth: stochasticDepthRate.default(0),
  normalization: Normalization.default('batch'),
  activation: Activation.default('relu'),
  initializer: InitializerKind.default('he'),
});

/** WRN-28-10 has 36,479,194 parameters at 3 channels and 10 classes. */
export const wideResnet = {
  kind: 'wide-resnet',
  title: 'Wide ResNet',
  summary: 'Pre-activation residual network that is wide rather than deep; made for 32×32 images.',
  formula: null,
  paper: 'Zagoruyko, Komodakis 2016, Wide Residual Networks',
  whenToUse: 'For the best accuracy on 32×32 images when time allows.',
  conventions:
    "As the authors' code, whose Lua form starts convolutions from He by fan-out where it is by fan-in here; torchvision's wide_resnet50_2 is another network, for photographs.",
  options,
  layers: (o) => {
    const widths = [16, 32, 64].map((width) => width * o.widenFactor);
    const blocks = widths.map(() => (o.depth - 4) / 6);
    let entry = 'stem';
    const stages = blockPlaces(blocks, widths, 1, 16, o.stochasticDepth).flatMap((place) => {
      const layers = preActivationBlock(o, place, entry, false, o.dropout);
      entry = place.name;
      return layers;
    });
    return [
      { kind: 'conv2d', outChannels: 16, bias: o.normalization === 'none', name: 'stem' },
      ...stages,
      ...norm(o, widths.at(-1) as number),
      activation(o),
      ...classifier(0),
    ];
  },
} satisfies ArchitectureDefinition<'wide-resnet', z.output<typeof options>>;
