import { expect, it } from 'vitest';
import { SpecError } from '../spec-error.js';
import { Architecture, buildArchitecture } from './index.js';

const input = { channels: 3, height: 8, width: 8, classes: 4 };
const build = (nodes: object[], output = 'logits') =>
  buildArchitecture(Architecture.parse({ kind: 'graph', nodes, output }), input);
const head = [
  { kind: 'global-average-pool', name: 'mean', from: 'joined' },
  { kind: 'linear', outFeatures: 'classes', name: 'logits', from: 'mean' },
];
const issuesOf = (nodes: object[], output?: string) => {
  try {
    build(nodes, output);
  } catch (error) {
    if (error instanceof SpecError) return error.issues;
    throw error;
  }
  return [];
};

it('sorts the nodes so that sources come first', () => {
  const nodes = build([
    ...head.toReversed(),
    { kind: 'concat', name: 'joined', from: 'sum', with: ['stem'] },
    { kind: 'add', name: 'sum', from: 'branch', with: ['stem'] },
    { kind: 'conv2d', outChannels: 6, name: 'branch', from: 'stem' },
    { kind: 'conv2d', outChannels: 6, name: 'stem', from: 'input' },
  ]);
  expect(nodes.map(({ name, shape }) => [name, shape])).toEqual([
    ['stem', [6, 8, 8]],
    ['branch', [6, 8, 8]],
    ['sum', [6, 8, 8]],
    ['joined', [12, 8, 8]],
    ['mean', [12]],
    ['logits', [4]],
  ]);
});

it('names the node whose shapes do not fit, at its own place', () => {
  const [issue] = issuesOf([
    { kind: 'concat', name: 'joined', from: 'small', with: ['stem'] },
    ...head,
    { kind: 'max-pool', name: 'small', from: 'stem' },
    { kind: 'relu', name: 'stem', from: 'input' },
  ]);
  expect(issue?.path).toEqual(['nodes', 0]);
  expect(issue?.message).toMatch(/"joined" \(concat\) cannot put 3×8×8 beside 3×4×4/);
});

it('refuses cycles, unknown names and nodes without a name or a source', () => {
  const relu = (name: string, from: string) => ({ kind: 'relu', name, from });
  expect(issuesOf([relu('a', 'b'), relu('b', 'a'), relu('joined', 'a'), ...head])[0]).toMatchObject({
    path: ['nodes', 0],
    message: expect.stringMatching(/cycle of "a", "b"/),
  });
  expect(issuesOf([relu('joined', 'nowhere'), ...head])[0]).toMatchObject({
    path: ['nodes', 0, 'from'],
    message: 'there is no layer "nowhere" before "joined"',
  });
  expect(issuesOf([{ kind: 'relu', name: 'joined' }, ...head])[0]?.path).toEqual(['nodes', 0, 'from']);
  expect(issuesOf([relu('joined', 'input'), ...head], 'other')[0]?.path).toEqual(['output']);
  expect(issuesOf([relu('joined', 'input'), ...head, relu('after', 'logits')])[0]?.path).toEqual([
    'nodes',
    3,
  ]);
});
