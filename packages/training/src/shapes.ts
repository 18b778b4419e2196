import type { Layer } from './layers.js';

/** Shape of one image's value: [C, H, W] or [F]. */
export type Shape = number[];

/** A shape, or in words why the layer cannot take what comes in. */
export type Inferred = { shape: Shape } | { problem: string };

const show = (shape: Shape): string => shape.join('×');
const needsImage = (shape: Shape): Inferred => ({
  problem: `needs channels × height × width, but a vector of ${show(shape)} comes in`,
});

/** Output size of a window that slides over one axis; less than 1 where it does not fit. */
const slide = (size: number, kernel: number, stride: number, padding: number): number =>
  Math.floor((size + 2 * padding - kernel) / stride) + 1;

function window(shape: Shape, channels: number, kernel: number, stride: number, padding: number): Inferred {
  const [, height, width] = shape as [number, number, number];
  const size = [slide(height, kernel, stride, padding), slide(width, kernel, stride, padding)] as const;
  if (Math.min(...size) < 1)
    return {
      problem: `a window of ${kernel}×${kernel} does not fit into ${show(shape)} with padding ${padding}`,
    };
  return { shape: [channels, ...size] };
}

function convolution(layer: Extract<Layer, { kind: 'conv2d' }>, shape: Shape): Inferred {
  const [channels] = shape as [number];
  for (const [what, count] of [
    ['incoming', channels],
    ['outgoing', layer.outChannels],
  ] as const)
    if (count % layer.groups !== 0)
      return { problem: `groups ${layer.groups} does not divide the ${count} ${what} channels` };
  const padding = layer.padding ?? Math.floor(layer.kernel / 2);
  return window(shape, layer.outChannels, layer.kernel, layer.stride, padding);
}

/** Output shape of a layer from the shapes that come in (one, for `add` two or more). */
export function inferShape(layer: Layer, inputs: Shape[], classes: number): Inferred {
  const shape = inputs[0] as Shape; // every layer has an input
  const isImage = shape.length === 3;
  switch (layer.kind) {
    case 'conv2d':
      return isImage ? convolution(layer, shape) : needsImage(shape);
    case 'max-pool': {
      if (!isImage) return needsImage(shape);
      if (layer.padding * 2 > layer.kernel)
        return { problem: `padding ${layer.padding} is more than half the kernel ${layer.kernel}` };
      return window(shape, shape[0] as number, layer.kernel, layer.stride ?? layer.kernel, layer.padding);
    }
    case 'avg-pool':
      return isImage
        ? window(shape, shape[0] as number, layer.kernel, layer.stride ?? layer.kernel, 0)
        : needsImage(shape);
    case 'global-average-pool':
      return isImage ? { shape: shape.slice(0, 1) } : needsImage(shape);
    case 'flatten':
      return { shape: [shape.reduce((product, size) => product * size, 1)] };
    case 'linear': {
      if (isImage)
        return {
          problem: `needs a vector, but ${show(shape)} comes in; put flatten or global-average-pool before it`,
        };
      return { shape: [layer.outFeatures === 'classes' ? classes : layer.outFeatures] };
    }
    case 'add': {
      const other = inputs.find((input) => show(input) !== show(shape));
      return other
        ? { problem: `cannot add ${show(other)} to ${show(shape)}: the shapes must be equal` }
        : { shape };
    }
    case 'batch-norm':
    case 'relu':
    case 'dropout':
      return { shape };
  }
}
