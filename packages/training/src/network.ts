import type { Layer } from './layers.js';
import { INPUT, type Node } from './program.js';
import { inferShape, type Shape, type UnshapedNode } from './shapes.js';
import { SpecError, type SpecIssue } from './spec-error.js';

const prefixes: Record<Layer['kind'], string> = {
  conv2d: 'conv',
  'batch-norm': 'norm',
  'group-norm': 'norm',
  'layer-norm': 'norm',
  relu: 'relu',
  'leaky-relu': 'leaky',
  relu6: 'relu',
  gelu: 'gelu',
  silu: 'silu',
  'hard-swish': 'swish',
  sigmoid: 'sigmoid',
  'hard-sigmoid': 'sigmoid',
  'max-pool': 'pool',
  'avg-pool': 'pool',
  'global-average-pool': 'pool',
  'global-max-pool': 'pool',
  flatten: 'flatten',
  linear: 'fc',
  dropout: 'dropout',
  'stochastic-depth': 'path',
  add: 'add',
  concat: 'concat',
  multiply: 'multiply',
  scale: 'scale',
  'channel-scale': 'gamma',
};

/** Every layer's name: its own, or prefix and number that no layer has. */
function nameLayers(layers: Layer[]): string[] {
  const taken = new Set<string>([INPUT, ...layers.flatMap((layer) => layer.name ?? [])]);
  const counts = new Map<string, number>();
  return layers.map((layer) => {
    if (layer.name !== undefined) return layer.name;
    const prefix = prefixes[layer.kind];
    let count = counts.get(prefix) ?? 0;
    do count++;
    while (taken.has(`${prefix}${count}`));
    counts.set(prefix, count);
    return `${prefix}${count}`;
  });
}

/** Names of the layers that come in after the first. */
const others = (layer: Layer): string[] => ('with' in layer ? layer.with : []);

/** The node of a layer: defaults that depend on other fields filled in, recipe-only fields dropped. */
function toNode(layer: Layer, name: string, inputs: string[], outputs: number): UnshapedNode {
  const { from: _, ...options } = { ...layer, name, inputs };
  if ('with' in options) {
    const { with: _, ...alone } = options;
    return alone;
  }
  switch (options.kind) {
    case 'conv2d':
      return { ...options, padding: options.padding ?? Math.floor(options.kernel / 2) };
    case 'max-pool':
    case 'avg-pool':
      return { ...options, stride: options.stride ?? options.kernel };
    case 'linear':
      return { ...options, outFeatures: options.outFeatures === 'classes' ? outputs : options.outFeatures };
    default:
      return options;
  }
}

/** Problems with names alone: doubled, unknown, defined later, or never used. */
function nameProblems(layers: Layer[], names: string[]): SpecIssue[] {
  const issues: SpecIssue[] = [];
  const used = new Set<string>();
  const before = new Set<string>([INPUT]);
  layers.forEach((layer, i) => {
    if (before.has(names[i] as string))
      issues.push({
        path: [i, 'name'],
        message: `"${names[i]}" is the name of another layer or of the input`,
      });
    const sources: [string, (string | number)[]][] = [[layer.from ?? names[i - 1] ?? INPUT, [i, 'from']]];
    others(layer).forEach((source, k) => {
      sources.push([source, [i, 'with', k]]);
    });
    for (const [source, path] of sources) {
      used.add(source);
      if (!before.has(source))
        issues.push({ path, message: `there is no layer "${source}" before "${names[i]}"` });
    }
    before.add(names[i] as string);
  });
  names.slice(0, -1).forEach((name, i) => {
    if (!used.has(name)) issues.push({ path: [i], message: `nothing uses the output of layer "${name}"` });
  });
  return issues;
}

/**
 * The nodes of a network with names, inputs and shapes filled in; the last one holds the outputs, of which there are as
 * many as classes unless the loss takes another number.
 * Throws SpecError with paths that begin with the place in `layers`.
 */
export function buildNetwork(
  layers: Layer[],
  input: { channels: number; height: number; width: number },
  outputs: number,
): Node[] {
  const names = nameLayers(layers);
  const issues = nameProblems(layers, names);
  if (issues.length > 0) throw new SpecError(issues);
  const shapes = new Map<string, Shape>([[INPUT, [input.channels, input.height, input.width]]]);
  const nodes = layers.map((layer, i): Node => {
    const name = names[i] as string;
    const inputs = [layer.from ?? names[i - 1] ?? INPUT, ...others(layer)];
    const node = toNode(layer, name, inputs, outputs);
    const incoming = inputs.map((source) => shapes.get(source) as Shape); // nameProblems has checked that it is there
    const inferred = inferShape(node, incoming);
    if ('problem' in inferred)
      throw new SpecError([{ path: [i], message: `layer "${name}" (${layer.kind}) ${inferred.problem}` }]);
    shapes.set(name, inferred.shape);
    return { ...node, shape: inferred.shape };
  });
  const last = nodes.at(-1);
  if (last?.shape.length !== 1 || last.shape[0] !== outputs) {
    const message = `the last layer "${last?.name}" gives ${last?.shape.join('×')}, but ${outputs === 1 ? 'the loss takes one value' : `it must give one value per class (${outputs})`}`;
    throw new SpecError([{ path: [layers.length - 1], message }]);
  }
  return nodes;
}
