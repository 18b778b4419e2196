import type { LayerInput } from '../layers.js';
import {
  activation,
  convNorm,
  convNormActivation,
  dropPath,
  from,
  named,
  type Style,
  squeezeExcitation,
} from './blocks.js';

export interface InvertedResidual {
  name: string;
  entry: string;
  inChannels: number;
  /** Channels of the depthwise convolution; equal to inChannels leaves the expansion out. */
  expanded: number;
  outChannels: number;
  kernel: number;
  stride: number;
  /** Squeeze and excitation after the depthwise convolution. */
  gate: { squeezed: number; inner: 'relu' | 'silu'; kind: 'sigmoid' | 'hard-sigmoid' } | null;
  /** Rate of stochastic depth, where the block has a shortcut. */
  rate: number;
}

/** 1×1 expansion, depthwise convolution, 1×1 projection without activation; a shortcut where nothing changes shape. */
function invertedResidual(style: Style, block: InvertedResidual): LayerInput[] {
  const { name, entry, inChannels, expanded, outChannels, kernel, stride, gate } = block;
  const expansion = expanded === inChannels ? [] : convNormActivation(style, expanded, { kernel: 1 });
  const depthwise = [...convNorm(style, expanded, { kernel, stride, groups: expanded }), activation(style)];
  const gated = gate
    ? [
        ...named(`${name}-features`, depthwise),
        ...squeezeExcitation(name, expanded, gate.squeezed, gate.inner, gate.kind),
      ]
    : depthwise;
  const branch = from(entry, [...expansion, ...gated, ...convNorm(style, outChannels, { kernel: 1 })]);
  if (stride !== 1 || inChannels !== outChannels) return named(name, branch);
  return [...branch, ...dropPath(block.rate), { kind: 'add', with: [entry], name }];
}

/** A chain of blocks: each reads the one before; the first reads `entry`. */
export function invertedResiduals(
  entry: string,
  blocks: Omit<InvertedResidual, 'entry' | 'name' | 'rate'>[],
  stochasticDepth: number,
  styleOf: (index: number) => Style,
): LayerInput[] {
  return blocks.flatMap((block, i) =>
    invertedResidual(styleOf(i), {
      ...block,
      name: `block${i + 1}`,
      entry: i === 0 ? entry : `block${i}`,
      rate: (stochasticDepth * (i + 1)) / blocks.length,
    }),
  );
}
