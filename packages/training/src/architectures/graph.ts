import { z } from 'zod';
import { Layer } from '../layers.js';
import { InitializerKind } from '../parameters.js';
import type { SpecIssue } from '../spec-error.js';
import type { ArchitectureDefinition } from './definition.js';

const options = z.strictObject({
  kind: z.literal('graph'),
  nodes: z
    .array(Layer)
    .min(1)
    .max(1000, 'at most 1000 layers')
    .describe('In any order; every one says its `name` and, by `from` and `with`, what it reads'),
  output: z.string().max(64).describe('Name of the layer that gives the logits'),
  initializer: InitializerKind,
});
type Options = z.output<typeof options>;

const sourcesOf = (layer: Layer): (string | undefined)[] => [
  layer.from,
  ...('with' in layer ? layer.with : []),
];

/** Places of the nodes in an order in which sources come first and the output last; nodes of a cycle are left out. */
function order({ nodes, output }: Options): number[] {
  const names = new Set(nodes.map(({ name }) => name));
  const done = new Set<string | undefined>();
  const waiting = new Set(nodes.keys());
  const sorted: number[] = [];
  const take = (isAllowed: (layer: Layer) => boolean): void => {
    for (let before = -1; before !== sorted.length; ) {
      before = sorted.length;
      for (const i of waiting) {
        const layer = nodes[i] as Layer;
        if (!isAllowed(layer) || sourcesOf(layer).some((source) => names.has(source) && !done.has(source)))
          continue;
        waiting.delete(i);
        done.add(layer.name);
        sorted.push(i);
      }
    }
  };
  take(({ name }) => name !== output);
  take(({ name }) => name === output);
  return sorted;
}

function problemsOf(o: Options, sorted: number[]): SpecIssue[] {
  const missing = o.nodes.flatMap((layer, i): SpecIssue[] =>
    (['name', 'from'] as const)
      .filter((field) => layer[field] === undefined)
      .map((field) => ({
        path: ['nodes', i, field],
        message: 'is required in a graph, where the order says nothing',
      })),
  );
  if (missing.length > 0) return missing;
  if (!o.nodes.some(({ name }) => name === o.output))
    return [{ path: ['output'], message: `there is no node "${o.output}"` }];
  const left = o.nodes.flatMap((layer, i) => (sorted.includes(i) ? [] : [{ name: layer.name as string, i }]));
  return left.map(({ name, i }) => ({
    path: ['nodes', i],
    message: `"${name}" reads the output layer or is part of, or behind, a cycle of ${left.map((one) => `"${one.name}"`).join(', ')}`,
  }));
}

/** As `layers`, but with every edge written out: residual sums, concatenations and gates between any nodes. */
export const graph = {
  kind: 'graph',
  title: 'Own graph',
  summary: 'A network of your own as named layers in any order, with every edge given by name.',
  formula: null,
  paper: null,
  whenToUse: 'For a network of your own with many branches.',
  conventions: null,
  options,
  layers: (o) => {
    const sorted = order(o);
    const problems = problemsOf(o, sorted);
    return problems.length > 0 ? { problems } : sorted.map((i) => o.nodes[i] as Layer);
  },
  pathOf: (o, index) => ['nodes', order(o)[index] as number],
} satisfies ArchitectureDefinition<'graph', Options>;
