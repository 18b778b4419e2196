/** Networks with random layers and random wiring. */
import { type CatalogEntry, randomStream } from '@ravine/training';
import { pickOne, type Schema, sampleValue } from './sample-options.js';

interface DrawnNode {
  [option: string]: unknown;
  kind: string;
  name: string;
  from: string;
  with?: string[];
}

const NODES = 7;
const TRIES = 12;

/** Those that nothing reads. */
function leavesOf(nodes: readonly DrawnNode[]): string[] {
  const read = new Set(nodes.flatMap((node) => [node.from, ...(node.with ?? [])]));
  return nodes.map(({ name }) => name).filter((name) => !read.has(name));
}

/** Everything that nothing reads, made flat and joined, then the logits: each node counts. */
function closed(nodes: readonly DrawnNode[]): { nodes: DrawnNode[]; output: string } {
  const flat = leavesOf(nodes).map((from, i) => ({ kind: 'flatten', name: `flat${i}`, from }));
  const [first = '', ...others] = flat.map(({ name }) => name);
  const join = others.length === 0 ? [] : [{ kind: 'concat', name: 'join', from: first, with: others }];
  const logits = { kind: 'linear', name: 'logits', from: join[0]?.name ?? first, outFeatures: 'classes' };
  return { nodes: [...nodes, ...flat, ...join, logits], output: 'logits' };
}

/**
 * A graph that grows node by node: each is drawn from the schema and reads whatever is there, the newest most often; one
 * that makes the graph refused is drawn again. The nodes come in a random order, because theirs says nothing.
 */
export function drawGraph(entry: CatalogEntry, key: number, isRefused: (network: object) => boolean): object {
  const layer = (entry.schema as Schema).properties?.nodes?.items ?? {};
  const whole = (nodes: readonly DrawnNode[]) => ({ kind: 'graph', ...closed(nodes) });
  let nodes: DrawnNode[] = [{ kind: 'conv2d', name: 'n0', from: 'input', outChannels: 6, stride: 2 }];
  for (let again = 0; again < TRIES * NODES && nodes.length < NODES; again += 1) {
    const place = 1000 + again;
    const names = nodes.map(({ name }) => name);
    const earlier = (part: number): string => pickOne(names, key, 100 * place + part);
    const drawn = sampleValue(layer, randomStream(key, 203, place)) as DrawnNode;
    const node: DrawnNode = {
      ...drawn,
      name: `n${nodes.length}`,
      from: pickOne([true, true, false], key, 100 * place) ? (names.at(-1) as string) : earlier(1),
      ...(drawn.with && { with: drawn.with.map((_, i) => earlier(2 + i)) }),
    };
    if (!isRefused(whole([...nodes, node]))) nodes = [...nodes, node];
  }
  const graph = whole(nodes);
  const stream = randomStream(key, 204);
  const ranked = graph.nodes.map((node) => ({ node, rank: stream.uniform() }));
  return { ...graph, nodes: ranked.sort((a, b) => a.rank - b.rank).map(({ node }) => node) };
}
