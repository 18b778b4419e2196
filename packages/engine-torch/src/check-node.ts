import { EngineError, inferShape, type Node, type Shape } from '@ravine/training';
import { support } from './engine-fault.js';

const positive = (value: number): boolean => Number.isInteger(value) && value >= 1;
const natural = (value: number): boolean => Number.isInteger(value) && value >= 0;

/** The ranges of a node's options, which the inference of shapes takes for granted. */
function checkOptions(node: Node, inputs: number): void {
  const { name } = node;
  switch (node.kind) {
    case 'conv2d':
    case 'max-pool':
    case 'avg-pool': {
      const padding = node.kind === 'avg-pool' ? 0 : node.padding;
      support(
        positive(node.kernel) && positive(node.stride) && natural(padding),
        () =>
          `node ${name}: kernel ${node.kernel}, stride ${node.stride} and padding ${padding} must be whole numbers, kernel and stride at least 1`,
      );
      support(
        node.kind !== 'conv2d' || positive(node.groups),
        () =>
          `node ${name}: groups ${(node as { groups: number }).groups} must be a whole number of at least 1`,
      );
      return;
    }
    case 'dropout':
    case 'stochastic-depth':
      support(
        node.rate >= 0 && node.rate < 1,
        () => `node ${name}: rate ${node.rate} must be at least 0 and less than 1`,
      );
      return;
    case 'batch-norm':
      support(
        node.epsilon > 0 && node.momentum >= 0 && node.momentum <= 1,
        () =>
          `node ${name}: epsilon ${node.epsilon} must be positive and momentum ${node.momentum} within 0 … 1`,
      );
      return;
    case 'group-norm':
    case 'layer-norm':
      support(node.epsilon > 0, () => `node ${name}: epsilon ${node.epsilon} must be positive`);
      support(
        node.kind === 'layer-norm' || positive(node.groups),
        () =>
          `node ${name}: groups ${(node as { groups: number }).groups} must be a whole number of at least 1`,
      );
      return;
    case 'leaky-relu':
      support(Number.isFinite(node.slope), () => `node ${name}: slope ${node.slope} must be finite`);
      return;
    case 'gelu':
      support(
        node.approximation === 'none' || node.approximation === 'tanh',
        () => `node ${name}: approximation "${node.approximation}" must be "none" or "tanh"`,
      );
      return;
    case 'scale':
      support(Number.isFinite(node.value), () => `node ${name}: value ${node.value} must be finite`);
      return;
    case 'add':
    case 'concat':
      support(inputs >= 2, () => `node ${name}: ${node.kind} needs two or more values, got ${inputs}`);
      return;
    case 'multiply':
      support(inputs === 2, () => `node ${name}: multiply needs two values, got ${inputs}`);
      return;
    case 'relu6':
    case 'silu':
    case 'hard-swish':
    case 'sigmoid':
    case 'hard-sigmoid':
    case 'channel-scale':
    case 'global-max-pool':
    case 'relu':
    case 'flatten':
    case 'linear':
    case 'global-average-pool':
      return;
    default:
      // Programs are JSON: a newer one may hold kinds that this engine has never heard of.
      throw new EngineError(
        'engine_unsupported',
        `node ${(node as Node).name}: kind "${(node as Node).kind}" is unknown`,
      );
  }
}

/** Shape of a node's value from the shapes of its inputs; refuses options and shapes that cannot be computed. */
export function checkNode(node: Node, inputs: Shape[]): Shape {
  checkOptions(node, inputs.length);
  const inferred = inferShape(node, inputs);
  if ('shape' in inferred) return inferred.shape;
  throw new EngineError('engine_unsupported', `node ${node.name}: ${inferred.problem}`);
}
