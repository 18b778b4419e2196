import { EngineError, type Node } from '@ravine/training';
import { support } from './engine-fault.js';

type Shape = readonly number[];

const windows = (size: number, kernel: number, stride: number, padding: number): number =>
  Math.floor((size + 2 * padding - kernel) / stride) + 1;

const positive = (value: number): boolean => Number.isInteger(value) && value >= 1;
const natural = (value: number): boolean => Number.isInteger(value) && value >= 0;

/** Output size of a convolution or pooling window, after checking that at least one window fits. */
function slide(
  node: Extract<Node, { kernel: number }>,
  [channels, height, width]: Shape,
  padding: number,
): [number, number, number] {
  support(
    channels !== undefined && height !== undefined && width !== undefined,
    () => `node ${node.name}: ${node.kind} needs an image [channels, height, width]`,
  );
  support(
    positive(node.kernel) && positive(node.stride) && natural(padding),
    () =>
      `node ${node.name}: kernel ${node.kernel}, stride ${node.stride} and padding ${padding} must be whole numbers, kernel and stride at least 1`,
  );
  support(
    node.kernel <= Math.min(height, width) + 2 * padding,
    () =>
      `node ${node.name}: kernel ${node.kernel} does not fit into ${height}×${width} with padding ${padding}`,
  );
  return [
    channels,
    windows(height, node.kernel, node.stride, padding),
    windows(width, node.kernel, node.stride, padding),
  ];
}

/** Shape of a node's value from the shapes of its inputs, and a check of its options. */
export function inferShape(node: Node, inputs: readonly Shape[]): number[] {
  const input = inputs[0] ?? [];
  switch (node.kind) {
    case 'conv2d': {
      const [channels, height, width] = slide(node, input, node.padding);
      support(
        positive(node.groups) && channels % node.groups === 0 && node.outChannels % node.groups === 0,
        () =>
          `node ${node.name}: groups ${node.groups} must divide ${channels} and ${node.outChannels} channels`,
      );
      return [node.outChannels, height, width];
    }
    case 'max-pool':
      support(
        node.padding * 2 <= node.kernel,
        () => `node ${node.name}: padding ${node.padding} may be at most half of kernel ${node.kernel}`,
      );
      return slide(node, input, node.padding);
    case 'avg-pool':
      return slide(node, input, 0);
    case 'global-average-pool':
      support(input.length === 3, () => `node ${node.name}: global-average-pool needs an image`);
      return [input[0] as number];
    case 'flatten':
      return [input.reduce((product, size) => product * size, 1)];
    case 'linear':
      support(input.length === 1, () => `node ${node.name}: linear needs a vector; put a flatten before it`);
      return [node.outFeatures];
    case 'dropout':
      support(
        node.rate >= 0 && node.rate < 1,
        () => `node ${node.name}: rate ${node.rate} must be at least 0 and less than 1`,
      );
      return [...input];
    case 'batch-norm':
      support(
        node.epsilon > 0 && node.momentum >= 0 && node.momentum <= 1,
        () =>
          `node ${node.name}: epsilon ${node.epsilon} must be positive and momentum ${node.momentum} within 0 … 1`,
      );
      return [...input];
    case 'relu':
      return [...input];
    case 'add':
      support(
        inputs.length >= 2 && inputs.every((other) => String(other) === String(input)),
        () =>
          `node ${node.name}: add needs two or more values of one shape, got ${inputs.map((s) => `[${s}]`).join(', ')}`,
      );
      return [...input];
    default:
      // Programs are JSON: a newer one may hold kinds that this engine has never heard of.
      throw new EngineError(
        'engine_unsupported',
        `node ${(node as Node).name}: kind "${(node as Node).kind}" is unknown`,
      );
  }
}
