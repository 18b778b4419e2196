import { z } from 'zod';
import { InitializerKind } from '../parameters.js';
import {
  Activation,
  classifier,
  convNormActivation,
  divisibleBy8,
  dropoutRate,
  Normalization,
  named,
  Stem,
  shrinks,
  stochasticDepthRate,
} from './blocks.js';
import type { ArchitectureDefinition } from './definition.js';
import { type InvertedResidual, invertedResiduals } from './inverted-residual.js';

const options = z.strictObject({
  kind: z.literal('efficientnet'),
  width: z
    .number()
    .min(0.1)
    .max(4)
    .default(1)
    .describe('Factor of all channels, rounded to multiples of 8; B0 has 1'),
  depth: z
    .number()
    .min(0.1)
    .max(4)
    .default(1)
    .describe('Factor of the blocks of each stage, rounded up; B0 has 1'),
  stem: Stem,
  dropout: dropoutRate.default(0.2).describe('Dropout before the last layer; 0 leaves it out'),
  stochasticDepth: stochasticDepthRate.default(0.2),
  normalization: Normalization.default('batch'),
  activation: Activation.default('silu'),
  initializer: InitializerKind.default('he'),
});

/** Expansion, kernel, stride of the first block, channels, blocks. */
const STAGES = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, 4],
  [6, 3, 1, 320, 1],
] as const;

/** B0 has 5,288,548 parameters at 1000 classes. The CIFAR stem leaves out the first two of five halvings. */
export const efficientnet = {
  kind: 'efficientnet',
  title: 'EfficientNet',
  summary: 'EfficientNet-B0: inverted residual blocks with squeeze-and-excitation; width and depth scale it.',
  formula: null,
  paper: 'Tan, Le 2019, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks',
  whenToUse: 'For photographs with few parameters and long training.',
  conventions:
    "B0 as torchvision's efficientnet_b0, which starts convolutions from He by fan-out and the last layer uniformly where all are He by fan-in here; block i of L, from 0, drops at the share (i + 1)/L of stochasticDepth here and i/L there. Keras pads asymmetrically and normalises inside the model.",
  options,
  layers: (o, input) => {
    const isLarge = shrinks(o.stem, input);
    const first = divisibleBy8(32 * o.width);
    let inChannels = first;
    const blocks = STAGES.flatMap(([expansion, kernel, stride, channels, count], stage) =>
      Array.from({ length: Math.ceil(count * o.depth) }, (_, i) => {
        const block: Omit<InvertedResidual, 'entry' | 'name' | 'rate'> = {
          inChannels,
          expanded: inChannels * expansion,
          outChannels: divisibleBy8(channels * o.width),
          kernel,
          stride: i === 0 && (isLarge || stage !== 1) ? stride : 1,
          gate: { squeezed: Math.max(1, Math.floor(inChannels / 4)), inner: 'silu', kind: 'sigmoid' },
        };
        inChannels = block.outChannels;
        return block;
      }),
    );
    return [
      ...named('stem', convNormActivation(o, first, { stride: isLarge ? 2 : 1 })),
      ...invertedResiduals('stem', blocks, o.stochasticDepth, () => o),
      ...convNormActivation(o, 4 * divisibleBy8(320 * o.width), { kernel: 1 }),
      ...classifier(o.dropout),
    ];
  },
} satisfies ArchitectureDefinition<'efficientnet', z.output<typeof options>>;
