import { INPUT, type Node, type NodeKind } from './program.js';
import { MOST_PATCH_VALUES } from './whitening.js';

/** Shape of one image's value: [C, H, W] or [F]. */
export type Shape = number[];

/** Number of values in a shape. */
export const elements = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

type NodeOptions<K extends NodeKind> = Omit<Extract<Node, { kind: K }>, 'shape'>;
/** A node whose shape is still to be inferred. */
export type UnshapedNode = { [K in NodeKind]: NodeOptions<K> }[NodeKind];

/** A shape, or in words why the node cannot take what comes in. */
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

/** Why the node cannot whiten what comes in, or null. */
function whiteningProblem(
  { inputs, outChannels, kernel, groups }: NodeOptions<'conv2d'>,
  [channels, height, width]: [number, number, number],
): string | null {
  const values = kernel * kernel * channels;
  if (inputs[0] !== INPUT) return 'cannot whiten: it must read the image, and not another layer';
  if (groups !== 1) return `cannot whiten in ${groups} groups: groups must be 1`;
  if (kernel > Math.min(height, width))
    return `cannot whiten: no patch of ${kernel}×${kernel} lies within an image of ${height}×${width}`;
  if (values > MOST_PATCH_VALUES)
    return `cannot whiten patches of ${values} values: kernel² · channels is at most ${MOST_PATCH_VALUES}`;
  return outChannels === 2 * values
    ? null
    : `cannot whiten with outChannels ${outChannels}: it must be 2 · kernel² · channels = ${2 * values}`;
}

function convolution(node: NodeOptions<'conv2d'>, shape: Shape): Inferred {
  const [channels] = shape as [number];
  const problem = node.whitening ? whiteningProblem(node, shape as [number, number, number]) : null;
  if (problem !== null) return { problem };
  for (const [what, count] of [
    ['incoming', channels],
    ['outgoing', node.outChannels],
  ] as const)
    if (count % node.groups !== 0)
      return { problem: `groups ${node.groups} does not divide the ${count} ${what} channels` };
  return window(shape, node.outChannels, node.kernel, node.stride, node.padding);
}

function concatenation(inputs: Shape[]): Inferred {
  const [first, ...rest] = inputs as [Shape, ...Shape[]];
  const other = rest.find(
    (shape) => show(shape.slice(1)) !== show(first.slice(1)) || shape.length !== first.length,
  );
  if (other)
    return {
      problem: `cannot put ${show(other)} beside ${show(first)}: all but the number of channels must be equal`,
    };
  return { shape: [inputs.reduce((sum, shape) => sum + (shape[0] as number), 0), ...first.slice(1)] };
}

function product([shape, gate]: [Shape, Shape]): Inferred {
  const perChannel = shape.length === 3 && [`${shape[0]}`, `${shape[0]}×1×1`].includes(show(gate));
  return perChannel || show(gate) === show(shape)
    ? { shape }
    : {
        problem: `cannot multiply ${show(shape)} by ${show(gate)}: the other must have the same shape or one value per channel`,
      };
}

function groupNormalisation(shape: Shape, groups: number): Inferred {
  if ((shape[0] as number) % groups !== 0)
    return { problem: `groups ${groups} does not divide the ${shape[0]} channels` };
  return elements(shape) === groups
    ? { problem: `has groups of one value each (${show(shape)}): every value would be the shift` }
    : { shape };
}

/** Output shape of a node from the shapes that come in (one; for `add` and `concat` two or more, for `multiply` two). */
export function inferShape(node: UnshapedNode, inputs: Shape[]): Inferred {
  const shape = inputs[0] as Shape; // every node has an input
  const isImage = shape.length === 3;
  switch (node.kind) {
    case 'conv2d':
      return isImage ? convolution(node, shape) : needsImage(shape);
    case 'max-pool': {
      if (!isImage) return needsImage(shape);
      if (node.padding * 2 > node.kernel)
        return { problem: `padding ${node.padding} is more than half the kernel ${node.kernel}` };
      return window(shape, shape[0] as number, node.kernel, node.stride, node.padding);
    }
    case 'avg-pool':
      return isImage ? window(shape, shape[0] as number, node.kernel, node.stride, 0) : needsImage(shape);
    case 'global-average-pool':
    case 'global-max-pool':
      return isImage ? { shape: shape.slice(0, 1) } : needsImage(shape);
    case 'flatten':
      return { shape: [elements(shape)] };
    case 'linear':
      return isImage
        ? {
            problem: `needs a vector, but ${show(shape)} comes in; put flatten or global-average-pool before it`,
          }
        : { shape: [node.outFeatures] };
    case 'add': {
      const other = inputs.find((input) => show(input) !== show(shape));
      return other
        ? { problem: `cannot add ${show(other)} to ${show(shape)}: the shapes must be equal` }
        : { shape };
    }
    case 'concat':
      return concatenation(inputs);
    case 'multiply':
      return product(inputs as [Shape, Shape]);
    case 'group-norm':
      return groupNormalisation(shape, node.groups);
    case 'layer-norm':
      return shape[0] === 1
        ? { problem: 'has one channel to normalise over: its value would always be the shift' }
        : { shape };
    default:
      return { shape };
  }
}
