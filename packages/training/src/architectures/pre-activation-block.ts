import type { LayerInput } from '../layers.js';
import {
  activation,
  dropout,
  dropPath,
  from,
  named,
  norm,
  normActivationConv,
  type Style,
} from './blocks.js';
import type { BlockPlace } from './resnet-options.js';

/**
 * Normalisation and activation before each convolution. Where the shape changes, the shortcut is a 1×1 convolution of
 * the first activation's output; else it is the block's input itself.
 */
export function preActivationBlock(
  style: Style,
  place: BlockPlace,
  entry: string,
  bottleneck: boolean,
  dropoutRate = 0,
): LayerInput[] {
  const { name, inChannels, width, outChannels, stride, rate } = place;
  const bias = style.normalization === 'none';
  const active = `${name}-active`;
  const first = named(active, from(entry, [...norm(style, inChannels), activation(style)]));
  const conv = (channels: number, kernel: number, step: number): LayerInput => ({
    kind: 'conv2d',
    outChannels: channels,
    kernel,
    stride: step,
    bias,
  });
  const branch = bottleneck
    ? [
        conv(width, 1, 1),
        ...normActivationConv(style, width, width, { stride }),
        ...normActivationConv(style, width, outChannels, { kernel: 1 }),
      ]
    : [
        conv(width, 3, stride),
        ...norm(style, width),
        activation(style),
        ...dropout(dropoutRate),
        conv(outChannels, 3, 1),
      ];
  const branchName = `${name}-branch`;
  const main = named(branchName, [...branch, ...dropPath(rate)]);
  const changes = stride !== 1 || inChannels !== outChannels;
  return changes
    ? [
        ...first,
        ...main,
        { ...conv(outChannels, 1, stride), from: active },
        { kind: 'add', with: [branchName], name },
      ]
    : [...first, ...main, { kind: 'add', with: [entry], name }];
}
