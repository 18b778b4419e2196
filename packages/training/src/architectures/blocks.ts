/** What architectures are built from: lists of layers with the normalisation and activation that were asked for. */
import { z } from 'zod';
import type { LayerInput } from '../layers.js';

export const Normalization = z
  .enum(['batch', 'group', 'layer', 'none'])
  .describe(
    'group: up to 32 groups of two or more channels, within a sample; layer: over the channels of each pixel; none: convolutions get a bias instead',
  );
export const Activation = z
  .enum(['relu', 'leaky-relu', 'relu6', 'gelu', 'silu', 'hard-swish'])
  .describe('leaky-relu has slope 0.01 for negative values, gelu is the exact form');

/** Options that several architectures have. */
export const dropoutRate = z.number().min(0).lt(1);
export const stochasticDepthRate = z
  .number()
  .min(0)
  .lt(1)
  .describe(
    'Probability that a sample skips the last residual branch; earlier branches less, in proportion to their place. 0 leaves it out',
  );
/** `auto` chooses by the images. */
export const Stem = z
  .enum(['auto', 'imagenet', 'cifar'])
  .default('auto')
  .describe(
    'imagenet: the first layers shrink the image as published; cifar: they do not; auto: imagenet where both sides have 96 pixels or more',
  );

export interface Style {
  normalization: z.output<typeof Normalization>;
  activation: z.output<typeof Activation>;
  /** Of batch normalisation; others have none. */
  momentum?: number;
  epsilon?: number;
}

/** Whether the published strides of the stem are used. */
export const shrinks = (
  stem: z.output<typeof Stem>,
  { height, width }: { height: number; width: number },
): boolean => stem === 'imagenet' || (stem === 'auto' && Math.min(height, width) >= 96);

/** The most groups of equal size, up to 32, with two or more channels each. */
function groupsOf(channels: number): number {
  let groups = Math.max(1, Math.min(32, Math.floor(channels / 2)));
  while (channels % groups !== 0) groups--;
  return groups;
}

/** The normalisation of `channels` channels; nothing for `none`. */
export function norm(style: Style, channels: number, initialScale = 1): LayerInput[] {
  const { epsilon, momentum } = style;
  const common = { initialScale, ...(epsilon === undefined ? {} : { epsilon }) };
  switch (style.normalization) {
    case 'batch':
      return [{ kind: 'batch-norm', ...common, ...(momentum === undefined ? {} : { momentum }) }];
    case 'group':
      return [{ kind: 'group-norm', groups: groupsOf(channels), ...common }];
    case 'layer':
      return [{ kind: 'layer-norm', ...common }];
    case 'none':
      return [];
  }
}

export const activation = (style: Pick<Style, 'activation'>): LayerInput => ({ kind: style.activation });

export interface ConvOptions {
  kernel?: number;
  stride?: number;
  padding?: number;
  groups?: number;
  /** Scale that the normalisation starts with. */
  initialScale?: number;
}

/** A convolution (3×3 unless said) and its normalisation, whose shift takes the place of the bias. */
export function convNorm(style: Style, outChannels: number, options: ConvOptions = {}): LayerInput[] {
  const { initialScale, ...rest } = options;
  return [
    { kind: 'conv2d', outChannels, bias: style.normalization === 'none', ...rest },
    ...norm(style, outChannels, initialScale),
  ];
}

export const convNormActivation = (
  style: Style,
  outChannels: number,
  options?: ConvOptions,
): LayerInput[] => [...convNorm(style, outChannels, options), activation(style)];

/** The other order: normalisation and activation before the convolution. */
export const normActivationConv = (
  style: Style,
  inChannels: number,
  outChannels: number,
  options: Omit<ConvOptions, 'initialScale'> = {},
): LayerInput[] => [
  ...norm(style, inChannels),
  activation(style),
  { kind: 'conv2d', outChannels, bias: style.normalization === 'none', ...options },
];

/** The same layers with the first one reading `source`. */
export const from = (source: string, [first, ...rest]: LayerInput[]): LayerInput[] =>
  first ? [{ ...first, from: source }, ...rest] : [];

/** The same layers with a name for the last one's output. */
export const named = (name: string, layers: LayerInput[]): LayerInput[] => [
  ...layers.slice(0, -1),
  { ...(layers.at(-1) as LayerInput), name },
];

export const dropout = (rate: number): LayerInput[] => (rate > 0 ? [{ kind: 'dropout', rate }] : []);
export const dropPath = (rate: number): LayerInput[] =>
  rate > 0 ? [{ kind: 'stochastic-depth', rate }] : [];

/**
 * `entry` + branch, or shortcut + branch where a shortcut is given; both read the layer called `entry`. The sum is
 * called `name`.
 */
export function residual(
  name: string,
  entry: string,
  branch: LayerInput[],
  shortcut: LayerInput[] = [],
): LayerInput[] {
  const branchName = `${name}-branch`;
  const main = named(branchName, from(entry, branch));
  const sum: LayerInput =
    shortcut.length > 0 ? { kind: 'add', with: [branchName], name } : { kind: 'add', with: [entry], name };
  return [...main, ...from(entry, shortcut), sum];
}

/** Global average, dropout, and one value per class. */
export const classifier = (rate: number): LayerInput[] => [
  { kind: 'global-average-pool' },
  ...dropout(rate),
  { kind: 'linear', outFeatures: 'classes' },
];

/** Halves by 2×2 maxima while there are two rows and columns; else keeps the size. */
export function halving(size: { height: number; width: number }): { pool: () => LayerInput[] } {
  let smaller = Math.min(size.height, size.width);
  return {
    pool: () => {
      if (smaller < 2) return [];
      smaller = Math.floor(smaller / 2);
      return [{ kind: 'max-pool' }];
    },
  };
}

/** Channels times a factor, rounded to a multiple of 8 that is at least 90 % of the product (MobileNet's rule). */
export function divisibleBy8(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/** Squeeze and excitation of the layer before: a gate per channel from the image's mean. */
export function squeezeExcitation(
  name: string,
  channels: number,
  squeezed: number,
  inner: 'relu' | 'silu',
  gate: 'sigmoid' | 'hard-sigmoid',
): LayerInput[] {
  return [
    { kind: 'global-average-pool' },
    { kind: 'linear', outFeatures: squeezed },
    { kind: inner },
    { kind: 'linear', outFeatures: channels },
    { kind: gate, name: `${name}-gate` },
    { kind: 'multiply', from: `${name}-features`, with: [`${name}-gate`] },
  ];
}
