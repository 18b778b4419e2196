import { z } from 'zod';
import { InitializerKind } from '../parameters.js';
import {
  convNormActivation,
  divisibleBy8,
  dropout,
  dropoutRate,
  Normalization,
  named,
  Stem,
  type Style,
  shrinks,
  stochasticDepthRate,
} from './blocks.js';
import type { ArchitectureDefinition } from './definition.js';
import { type InvertedResidual, invertedResiduals } from './inverted-residual.js';

const options = z.strictObject({
  kind: z.literal('mobilenet-v3'),
  size: z.enum(['small', 'large']).default('small').describe('The two published networks'),
  width: z.number().min(0.1).max(4).default(1).describe('Factor of all channels, rounded to multiples of 8'),
  stem: Stem,
  dropout: dropoutRate.default(0.2).describe('Dropout before the last layer; 0 leaves it out'),
  stochasticDepth: stochasticDepthRate.default(0),
  normalization: Normalization.default('batch'),
  initializer: InitializerKind.default('he'),
});

type Row = [
  kernel: number,
  expanded: number,
  channels: number,
  gate: boolean,
  swish: boolean,
  stride: number,
];

const SMALL: Row[] = [
  [3, 16, 16, true, false, 2],
  [3, 72, 24, false, false, 2],
  [3, 88, 24, false, false, 1],
  [5, 96, 40, true, true, 2],
  [5, 240, 40, true, true, 1],
  [5, 240, 40, true, true, 1],
  [5, 120, 48, true, true, 1],
  [5, 144, 48, true, true, 1],
  [5, 288, 96, true, true, 2],
  [5, 576, 96, true, true, 1],
  [5, 576, 96, true, true, 1],
];
const LARGE: Row[] = [
  [3, 16, 16, false, false, 1],
  [3, 64, 24, false, false, 2],
  [3, 72, 24, false, false, 1],
  [5, 72, 40, true, false, 2],
  [5, 120, 40, true, false, 1],
  [5, 120, 40, true, false, 1],
  [3, 240, 80, false, true, 2],
  [3, 200, 80, false, true, 1],
  [3, 184, 80, false, true, 1],
  [3, 184, 80, false, true, 1],
  [3, 480, 112, true, true, 1],
  [3, 672, 112, true, true, 1],
  [5, 672, 160, true, true, 2],
  [5, 960, 160, true, true, 1],
  [5, 960, 160, true, true, 1],
];
const SIZES = {
  small: { rows: SMALL, last: 576, hidden: 1024 },
  large: { rows: LARGE, last: 960, hidden: 1280 },
};

/** 2,542,856 (small) and 5,483,032 (large) parameters at 1000 classes. The CIFAR stem leaves out two of five halvings. */
export const mobilenetV3 = {
  kind: 'mobilenet-v3',
  title: 'MobileNetV3',
  summary: 'Inverted residual blocks with squeeze-and-excitation and hard-swish, in two published sizes.',
  formula: null,
  paper: 'Howard et al. 2019, Searching for MobileNetV3',
  whenToUse: 'As MobileNetV2, newer: better at the same cost.',
  conventions:
    "As torchvision's mobilenet_v3_small and _large, which start convolutions from He by fan-out and linear layers from N(0, 0.01) where all are He by fan-in here; Keras pads asymmetrically at stride 2.",
  options,
  layers: (o, input) => {
    const { rows, last, hidden } = SIZES[o.size];
    const isLarge = shrinks(o.stem, input);
    const style = (swish: boolean): Style => ({
      normalization: o.normalization,
      activation: swish ? 'hard-swish' : 'relu',
      momentum: 0.01,
      epsilon: 1e-3,
    });
    const wide = (channels: number) => divisibleBy8(channels * o.width);
    const firstHalving = rows.findIndex((row) => row[5] === 2);
    let inChannels = wide(16);
    const blocks = rows.map(([kernel, expanded, channels, gate, , stride], i) => {
      const block: Omit<InvertedResidual, 'entry' | 'name' | 'rate'> = {
        inChannels,
        expanded: wide(expanded),
        outChannels: wide(channels),
        kernel,
        stride: isLarge || i !== firstHalving ? stride : 1,
        gate: gate
          ? { squeezed: divisibleBy8(wide(expanded) / 4), inner: 'relu', kind: 'hard-sigmoid' }
          : null,
      };
      inChannels = block.outChannels;
      return block;
    });
    return [
      ...named('stem', convNormActivation(style(true), wide(16), { stride: isLarge ? 2 : 1 })),
      ...invertedResiduals('stem', blocks, o.stochasticDepth, (i) => style(rows[i]?.[4] ?? true)),
      ...convNormActivation(style(true), wide(last), { kernel: 1 }),
      { kind: 'global-average-pool' },
      { kind: 'linear', outFeatures: wide(hidden) },
      { kind: 'hard-swish' },
      ...dropout(o.dropout),
      { kind: 'linear', outFeatures: 'classes' },
    ];
  },
} satisfies ArchitectureDefinition<'mobilenet-v3', z.output<typeof options>>;
