import { z } from 'zod';
import {
  type BufferSpec,
  INPUT,
  type Initializer,
  type Node,
  type ParameterSpec,
  type Program,
} from './program.js';
import { elements, type Shape } from './shapes.js';

/** How a whole network's weights start. Normalisation starts at scale 1 and shift 0 either way. */
export const InitializerKind = z
  .enum(['pytorch', 'he'])
  .default('pytorch')
  .describe(
    'pytorch: weights and biases uniform within ±1/√fanIn (its Kaiming uniform with a = √5); he: weights normal with standard deviation √(2/fanIn), biases 0',
  );
export type InitializerKind = z.output<typeof InitializerKind>;

function weightAndBias(
  node: Extract<Node, { kind: 'conv2d' | 'linear' }>,
  shape: Shape,
  initializer: InitializerKind,
): ParameterSpec[] {
  const fanIn = elements(shape.slice(1));
  const uniform: Initializer = { kind: 'uniform', bound: 1 / Math.sqrt(fanIn) };
  const he: Initializer = { kind: 'normal', standardDeviation: Math.sqrt(2 / fanIn) };
  const weight: ParameterSpec = {
    name: `${node.name}.weight`,
    shape,
    role: node.kind === 'conv2d' ? 'conv-weight' : 'linear-weight',
    initializer: initializer === 'he' ? he : uniform,
    group: 0,
  };
  if (!node.bias) return [weight];
  const start: Initializer = initializer === 'he' ? { kind: 'constant', value: 0 } : uniform;
  const bias: ParameterSpec = {
    name: `${node.name}.bias`,
    shape: shape.slice(0, 1),
    role: 'bias',
    initializer: start,
    group: 0,
  };
  return [weight, bias];
}

/** Parameters of one node; `shape` is what comes in. */
function nodeParameters(node: Node, shape: Shape, initializer: InitializerKind): ParameterSpec[] {
  const channels = shape[0] as number; // no shape is empty
  switch (node.kind) {
    case 'conv2d':
      return weightAndBias(
        node,
        [node.outChannels, channels / node.groups, node.kernel, node.kernel],
        initializer,
      );
    case 'linear':
      return weightAndBias(node, [node.outFeatures, channels], initializer);
    case 'batch-norm':
      return (['weight', 'bias'] as const).map((name) => ({
        name: `${node.name}.${name}`,
        shape: [channels],
        role: name === 'weight' ? 'norm-scale' : 'norm-shift',
        initializer: { kind: 'constant', value: name === 'weight' ? 1 : 0 },
        group: 0,
      }));
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
    parameters: nodes.flatMap((node) => nodeParameters(node, incoming(node), initializer)),
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
