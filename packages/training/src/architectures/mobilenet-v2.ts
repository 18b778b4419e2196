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
  kind: z.literal('mobilenet-v2'),
  width: z.number().min(0.1).max(4).default(1).describe('Factor of all channels, rounded to multiples of 8'),
  stem: Stem,
  dropout: dropoutRate.default(0.2).describe('Dropout before the last layer; 0 leaves it out'),
  stochasticDepth: stochasticDepthRate.default(0),
  normalization: Normalization.default('batch'),
  activation: Activation.default('relu6'),
  initializer: InitializerKind.default('he'),
});

/** Expansion, channels, blocks, stride of the first block. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** 3,504,872 parameters at 1000 classes. The CIFAR stem leaves out the first two of five halvings. */
export const mobilenetV2 = {
  kind: 'mobilenet-v2',
  title: 'MobileNetV2',
  summary: 'Inverted residual blocks with depthwise convolutions: few parameters and multiplications.',
  formula: null,
  paper: 'Sandler, Howard, Zhu, Zhmoginov, Chen 2018, MobileNetV2: Inverted Residuals and Linear Bottlenecks',
  whenToUse: 'For models that must be small and fast where they are used.',
  conventions: "As torchvision's mobilenet_v2 in layers and counts; Keras pads asymmetrically at stride 2.",
  options,
  layers: (o, input) => {
    const isLarge = shrinks(o.stem, input);
    const first = divisibleBy8(32 * o.width);
    let inChannels = first;
    const blocks = STAGES.flatMap(([expansion, channels, count, stride], stage) =>
      Array.from({ length: count }, (_, i) => {
        const block: Omit<InvertedResidual, 'entry' | 'name' | 'rate'> = {
          inChannels,
          expanded: inChannels * expansion,
          outChannels: divisibleBy8(channels * o.width),
          kernel: 3,
          stride: i === 0 && (isLarge || stage !== 1) ? stride : 1,
          gate: null,
        };
        inChannels = block.outChannels;
        return block;
      }),
    );
    return [
      ...named('stem', convNormActivation(o, first, { stride: isLarge ? 2 : 1 })),
      ...invertedResiduals('stem', blocks, o.stochasticDepth, () => o),
      ...convNormActivation(o, divisibleBy8(1280 * Math.max(1, o.width)), { kernel: 1 }),
      ...classifier(o.dropout),
    ];
  },
} satisfies ArchitectureDefinition<'mobilenet-v2', z.output<typeof options>>;
