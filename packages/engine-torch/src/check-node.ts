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
    case 'add':
      support(inputs >= 2, () => `node ${name}: add needs two or more values, got ${inputs}`);
      return;
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
