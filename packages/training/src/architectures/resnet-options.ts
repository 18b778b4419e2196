import { z } from 'zod';
import { InitializerKind } from '../parameters.js';
import type { SpecIssue } from '../spec-error.js';
import { Activation, dropoutRate, Normalization, Stem, stochasticDepthRate } from './blocks.js';

/** Options of residual networks in stages of basic or bottleneck blocks. */
export const resnetOptions = {
  depth: z
    .union([z.literal(18), z.literal(34), z.literal(50)], { error: 'must be 18, 34 or 50' })
    .default(18)
    .describe('18 and 34 have blocks of two 3×3 convolutions, 50 bottlenecks of 1×1, 3×3 and 1×1'),
  width: z
    .int()
    .min(1)
    .max(512)
    .default(64)
    .describe('Channels of the first stage; doubled at each next one'),
  stem: Stem,
  dropout: dropoutRate.default(0).describe('Dropout before the last layer; 0 leaves it out'),
  stochasticDepth: stochasticDepthRate.default(0),
  normalization: Normalization.default('batch'),
  activation: Activation.default('relu'),
  initializer: InitializerKind.default('he'),
};

export const zeroInitResidual = z
  .boolean()
  .default(false)
  .describe(
    'Start the last scale γ of every residual branch at 0, so that each block starts as the identity',
  );

/** `zeroInitResidual` is a start of a normalisation's scale. */
export const zeroInitProblems = (o: { zeroInitResidual: boolean; normalization: string }): SpecIssue[] =>
  o.zeroInitResidual && o.normalization === 'none'
    ? [
        {
          path: ['zeroInitResidual'],
          message: 'needs a normalisation whose scale starts at 0, but normalization is "none"',
        },
      ]
    : [];

/** Blocks of each stage by depth. */
export const STAGES: Record<number, { blocks: number[]; bottleneck: boolean }> = {
  18: { blocks: [2, 2, 2, 2], bottleneck: false },
  34: { blocks: [3, 4, 6, 3], bottleneck: false },
  50: { blocks: [3, 4, 6, 3], bottleneck: true },
};

/** What a block needs to know of its place. */
export interface BlockPlace {
  name: string;
  inChannels: number;
  /** Of the 3×3 convolutions. */
  width: number;
  outChannels: number;
  stride: number;
  /** Rate of stochastic depth. */
  rate: number;
}

/** The blocks of all stages in order, with sizes, strides and rates. */
export function blockPlaces(
  blocks: number[],
  widths: number[],
  expansion: number,
  first: number,
  stochasticDepth: number,
): BlockPlace[] {
  const total = blocks.reduce((sum, n) => sum + n, 0);
  let inChannels = first;
  let done = 0;
  return blocks.flatMap((count, stage) =>
    Array.from({ length: count }, (_, i) => {
      const width = widths[stage] as number;
      const outChannels = width * expansion;
      done++;
      const place: BlockPlace = {
        name: `stage${stage + 1}-block${i + 1}`,
        inChannels,
        width,
        outChannels,
        stride: stage > 0 && i === 0 ? 2 : 1,
        rate: (stochasticDepth * done) / total,
      };
      inChannels = outChannels;
      return place;
    }),
  );
}
