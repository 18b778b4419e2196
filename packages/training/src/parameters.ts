import { z } from 'zod';
import {
  type BufferSpec,
  INPUT,
  type Initializer,
  type Node,
  type ParameterRole,
  type ParameterSpec,
  type Program,
} from './program.js';
import { elements, type Shape } from './shapes.js';
import { WHITENING_EPSILON, whiteningImages } from './whitening.js';

/** Standard deviation of a weight by initialiser; the uniform forms draw within ±√3 of it, which has the same variance. */
const deviations = {
  he: (fanIn: number) => Math.sqrt(2 / fanIn),
  xavier: (fanIn: number, fanOut: number) => Math.sqrt(2 / (fanIn + fanOut)),
  lecun: (fanIn: number) => Math.sqrt(1 / fanIn),
};

/** How a whole network's weights start. Normalisations start at their own scale and shift either way. */
export const InitializerKind = z
  .enum([
    'pytorch',
    'he',
    'he-uniform',
    'xavier',
    'xavier-uniform',
    'lecun',
    'lecun-uniform',
    'orthogonal',
    'dirac',
  ])
  .default('pytorch')
  .describe(
    'pytorch: weights and biases uniform within ±1/√fanIn (its Kaiming uniform with a = √5). All others start biases at 0. Normal with standard deviation √(2/fanIn): he; √(2/(fanIn + fanOut)): xavier; √(1/fanIn): lecun; …-uniform: the same variance. orthogonal: rows or columns orthonormal, times √2. dirac: the first filters of a convolution hand on one channel each, other weights as pytorch',
  );
export type InitializerKind = z.output<typeof InitializerKind>;

type Weighted = Extract<Node, { kind: 'conv2d' | 'linear' }>;

function weightInitializer(kind: InitializerKind, node: Weighted, shape: Shape): Initializer {
  const fanIn = elements(shape.slice(1));
  const groups = node.kind === 'conv2d' ? node.groups : 1;
  const bound = 1 / Math.sqrt(fanIn);
  if (kind === 'orthogonal') return { kind, gain: Math.SQRT2 };
  if (kind === 'dirac' && node.kind === 'conv2d') return { kind, bound, groups };
  if (kind === 'pytorch' || kind === 'dirac') return { kind: 'uniform', bound };
  const [law, form] = kind.split('-') as [keyof typeof deviations, 'uniform' | undefined];
  const standardDeviation = deviations[law](
    fanIn,
    elements([shape[0] as number, ...shape.slice(2)]) / groups,
  );
  return form === 'uniform'
    ? { kind: 'uniform', bound: Math.sqrt(3) * standardDeviation }
    : { kind: 'normal', standardDeviation };
}

function weightAndBias(
  node: Weighted,
  shape: Shape,
  initializer: InitializerKind,
  input: Program['input'],
): ParameterSpec[] {
  const whitens = node.kind === 'conv2d' && node.whitening === true;
  const weight: ParameterSpec = {
    name: `${node.name}.weight`,
    shape,
    role: node.kind === 'conv2d' ? 'conv-weight' : 'linear-weight',
    initializer: whitens
      ? { kind: 'whitening', epsilon: WHITENING_EPSILON, images: whiteningImages(input, node.kernel) }
      : weightInitializer(initializer, node, shape),
    group: 0,
  };
  if (!node.bias) return [weight];
  const start: Initializer =
    initializer === 'pytorch'
      ? { kind: 'uniform', bound: 1 / Math.sqrt(elements(shape.slice(1))) }
      : { kind: 'constant', value: 0 };
  const bias: ParameterSpec = {
    name: `${node.name}.bias`,
    shape: shape.slice(0, 1),
    role: 'bias',
    initializer: start,
    group: 0,
  };
  return [weight, bias];
}

const perChannel = (name: string, channels: number, role: ParameterRole, value: number): ParameterSpec => ({
  name,
  shape: [channels],
  role,
  initializer: { kind: 'constant', value },
  group: 0,
});

/** Parameters of one node; `shape` is what comes in. */
function nodeParameters(
  node: Node,
  shape: Shape,
  initializer: InitializerKind,
  input: Program['input'],
): ParameterSpec[] {
  const channels = shape[0] as number; // no shape is empty
  switch (node.kind) {
    case 'conv2d':
      return weightAndBias(
        node,
        [node.outChannels, channels / node.groups, node.kernel, node.kernel],
        initializer,
        input,
      );
    case 'linear':
      return weightAndBias(node, [node.outFeatures, channels], initializer, input);
    case 'batch-norm':
    case 'group-norm':
    case 'layer-norm':
      return [
        perChannel(`${node.name}.weight`, channels, 'norm-scale', node.initialScale),
        perChannel(`${node.name}.bias`, channels, 'norm-shift', 0),
      ];
    case 'channel-scale':
      return [perChannel(`${node.name}.weight`, channels, 'norm-scale', node.initialScale)];
    default:
      return [];
  }
}

/** Parameters and buffers of a network in node order, all in group 0. */
export function networkParameters(
  nodes: Node[],
  input: Program['input'],
  initializer: InitializerKind,
): { parameters: ParameterSpec[]; buffers: BufferSpec[] } {
  const shapes = new Map<string, Shape>([[INPUT, [input.channels, input.height, input.width]]]);
  for (const node of nodes) shapes.set(node.name, node.shape);
  const incoming = (node: Node): Shape => shapes.get(node.inputs[0] as string) as Shape; // nodes come from buildNetwork
  return {
    parameters: nodes.flatMap((node) => nodeParameters(node, incoming(node), initializer, input)),
    buffers: nodes.flatMap((node) =>
      node.kind === 'batch-norm'
        ? [
            { name: `${node.name}.runningMean`, shape: node.shape.slice(0, 1), initialValue: 0 },
            { name: `${node.name}.runningVariance`, shape: node.shape.slice(0, 1), initialValue: 1 },
          ]
        : [],
    ),
  };
}
