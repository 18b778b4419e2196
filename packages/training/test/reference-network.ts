import { EngineError, type StateDict } from '../src/engine.js';
import { INPUT, type Node, type Program } from '../src/program.js';
import { dropoutUniform } from '../src/random.js';

type Values = Map<string, Float64Array>;

/** What dropout needs at training: the step's key, and the image's place in the batch. */
export interface DropoutDraws {
  key: [number, number];
  sample: number;
}

const kept = (draws: DropoutDraws, rate: number, element: number, node: number): number =>
  dropoutUniform(draws.key[0], draws.key[1], element, node) >= rate ? 1 / (1 - rate) : 0;

const parameter = (state: StateDict, name: string): Float64Array =>
  state.get(`model.${name}`)?.data as Float64Array;

/** Values of all nodes for one normalised image. */
export function forward(
  program: Program,
  state: StateDict,
  image: Float64Array,
  draws: DropoutDraws | null,
): Values {
  const values: Values = new Map([[INPUT, image]]);
  program.nodes.forEach((node, index) => {
    const x = values.get(node.inputs[0]!)!;
    values.set(node.name, compute(node, index, x, state, draws, values));
  });
  return values;
}

function compute(
  node: Node,
  index: number,
  x: Float64Array,
  state: StateDict,
  draws: DropoutDraws | null,
  values: Values,
): Float64Array {
  switch (node.kind) {
    case 'flatten':
      return x;
    case 'relu':
      return x.map((value) => Math.max(0, value));
    case 'global-average-pool': {
      const area = x.length / node.shape[0]!;
      return Float64Array.from({ length: node.shape[0]! }, (_, c) =>
        x.subarray(c * area, (c + 1) * area).reduce((total, value) => total + value / area, 0),
      );
    }
    case 'dropout':
      return draws
        ? x.map((value, i) => value * kept(draws, node.rate, draws.sample * x.length + i, index))
        : x;
    case 'add':
      return x.map((_, i) => node.inputs.reduce((total, name) => total + values.get(name)![i]!, 0));
    case 'linear': {
      const weight = parameter(state, `${node.name}.weight`);
      const bias = node.bias ? parameter(state, `${node.name}.bias`) : null;
      return Float64Array.from({ length: node.outFeatures }, (_, o) =>
        x.reduce((total, value, i) => total + value * weight[o * x.length + i]!, bias?.[o] ?? 0),
      );
    }
    default:
      throw new EngineError('engine_unsupported', `the reference engine has no ${node.kind}`);
  }
}

/** Adds the parameter gradients of one image to `gradients`. */
export function backward(
  program: Program,
  state: StateDict,
  values: Values,
  outputGradient: Float64Array,
  draws: DropoutDraws,
  gradients: Values,
): void {
  const flowing: Values = new Map([[program.output, outputGradient]]);
  program.nodes.toReversed().forEach((node, fromEnd) => {
    const index = program.nodes.length - 1 - fromEnd;
    const g = flowing.get(node.name)!;
    const x = values.get(node.inputs[0]!)!;
    const send = (name: string, gradient: Float64Array) => {
      const before = flowing.get(name);
      flowing.set(name, before ? before.map((value, i) => value + gradient[i]!) : gradient);
    };
    if (node.kind === 'flatten') send(node.inputs[0]!, g);
    else if (node.kind === 'global-average-pool')
      send(
        node.inputs[0]!,
        x.map((_, i) => (g[Math.floor((i * g.length) / x.length)]! * g.length) / x.length),
      );
    else if (node.kind === 'add') for (const name of node.inputs) send(name, g);
    else if (node.kind === 'relu')
      send(
        node.inputs[0]!,
        g.map((value, i) => (x[i]! > 0 ? value : 0)),
      );
    else if (node.kind === 'dropout')
      send(
        node.inputs[0]!,
        g.map((value, i) => value * kept(draws, node.rate, draws.sample * x.length + i, index)),
      );
    else send(node.inputs[0]!, linearBackward(node.name, x, g, state, gradients));
  });
}

function linearBackward(
  name: string,
  x: Float64Array,
  g: Float64Array,
  state: StateDict,
  gradients: Values,
): Float64Array {
  const weight = parameter(state, `${name}.weight`);
  const weightGradient = gradients.get(`${name}.weight`)!;
  const incoming = new Float64Array(x.length);
  g.forEach((value, o) => {
    for (let i = 0; i < x.length; i++) {
      weightGradient[o * x.length + i]! += value * x[i]!;
      incoming[i]! += value * weight[o * x.length + i]!;
    }
  });
  const biasGradient = gradients.get(`${name}.bias`);
  if (biasGradient)
    g.forEach((value, o) => {
      biasGradient[o]! += value;
    });
  return incoming;
}
