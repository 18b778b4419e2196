import { describe, expect, it } from 'vitest';
import { Architecture, buildArchitecture } from './architectures/index.js';
import { networkParameters } from './parameters.js';
import { elements } from './shapes.js';
import { SpecError, type SpecIssue } from './spec-error.js';

const food = { channels: 3, height: 128, width: 128, classes: 11 };
const fashion = { channels: 1, height: 28, width: 28, classes: 10 };

const build = (architecture: unknown, input = fashion) => {
  const options = Architecture.parse(architecture);
  const nodes = buildArchitecture(options, input);
  const { parameters, buffers } = networkParameters(nodes, input, options.initializer);
  return { nodes, parameters, buffers, count: parameters.reduce((n, { shape }) => n + elements(shape), 0) };
};

function problems(layers: unknown[], input = fashion): SpecIssue[] {
  try {
    build({ kind: 'layers', layers }, input);
  } catch (error) {
    if (error instanceof SpecError) return error.issues;
    throw error;
  }
  return [];
}

describe('architectures', () => {
  it('the reference network has its 12,833,803 parameters at 128×128 and 11 classes', () => {
    const { count, nodes } = build({ kind: 'leedl-cnn' }, food);
    expect(count).toBe(12_833_803);
    expect(nodes.find((node) => node.kind === 'flatten')?.shape).toEqual([8192]);
    expect(nodes.filter((node) => node.kind === 'max-pool')).toHaveLength(5);
  });

  it.each([
    [{ kind: 'softmax-regression' }, 7850],
    [{ kind: 'mlp' }, 203_530],
    [{ kind: 'fashion-cnn' }, 897_258],
  ])('%j has %d parameters on 28×28 and 10 classes', (architecture, count) => {
    expect(build(architecture).count).toBe(count);
  });

  it('stops pooling where nothing is left to pool', () => {
    const pools = (size: number) =>
      build({ kind: 'leedl-cnn' }, { ...food, height: size, width: size }).nodes.filter(
        (n) => n.kind === 'max-pool',
      );
    expect(pools(8)).toHaveLength(3);
    expect(pools(28)).toHaveLength(4);
    expect(pools(224)).toHaveLength(5);
  });

  it.each(['leedl-cnn', 'fashion-cnn'])('%s refuses images that are too small', (kind) => {
    expect(() => build({ kind }, { ...fashion, height: 2 })).toThrow(/needs images of at least/);
  });
});

describe('own layers', () => {
  it('makes residual blocks, branches and grouped convolutions', () => {
    const { nodes, parameters } = build({
      kind: 'layers',
      layers: [
        { kind: 'conv2d', outChannels: 8, name: 'stem' },
        { kind: 'conv2d', outChannels: 16, stride: 2, groups: 4 },
        { kind: 'batch-norm' },
        { kind: 'conv2d', outChannels: 16, kernel: 1, stride: 2, from: 'stem', name: 'shortcut' },
        { kind: 'add', with: ['norm1'] },
        { kind: 'relu' },
        { kind: 'avg-pool', kernel: 3 },
        { kind: 'global-average-pool' },
        { kind: 'dropout' },
        { kind: 'linear', outFeatures: 'classes' },
      ],
    });
    expect(nodes.map(({ name, inputs, shape }) => [name, inputs, shape])).toEqual([
      ['stem', ['input'], [8, 28, 28]],
      ['conv1', ['stem'], [16, 14, 14]],
      ['norm1', ['conv1'], [16, 14, 14]],
      ['shortcut', ['stem'], [16, 14, 14]],
      ['add1', ['shortcut', 'norm1'], [16, 14, 14]],
      ['relu1', ['add1'], [16, 14, 14]],
      ['pool1', ['relu1'], [16, 4, 4]],
      ['pool2', ['pool1'], [16]],
      ['dropout1', ['pool2'], [16]],
      ['fc1', ['dropout1'], [10]],
    ]);
    expect(parameters.find(({ name }) => name === 'conv1.weight')).toMatchObject({
      shape: [16, 2, 3, 3],
      initializer: { kind: 'uniform', bound: 1 / Math.sqrt(18) },
    });
  });

  const head = [{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }];
  it.each([
    ['a linear layer on an image', [{ kind: 'linear', outFeatures: 'classes' }], [0], /flatten/],
    [
      'a convolution on a vector',
      [{ kind: 'flatten' }, { kind: 'conv2d', outChannels: 4 }, ...head],
      [1],
      /vector of 784/,
    ],
    ['a window that does not fit', [{ kind: 'max-pool', kernel: 31 }, ...head], [0], /"pool1".*31×31/],
    ['groups that do not divide', [{ kind: 'conv2d', outChannels: 4, groups: 3 }, ...head], [0], /groups 3/],
    ['padding beyond half the kernel', [{ kind: 'max-pool', padding: 2 }, ...head], [0], /half the kernel/],
    [
      'a sum of unequal shapes',
      [
        { kind: 'flatten' },
        { kind: 'linear', outFeatures: 5, name: 'a' },
        { kind: 'linear', outFeatures: 6 },
        { kind: 'add', with: ['a'] },
        ...head,
      ],
      [3],
      /cannot add 5 to 6/,
    ],
    [
      'a wrong number of outputs',
      [{ kind: 'flatten' }, { kind: 'linear', outFeatures: 9 }],
      [1],
      /one value per class \(10\)/,
    ],
    [
      'a concatenation of unequal images',
      [{ kind: 'relu', name: 'a' }, { kind: 'max-pool' }, { kind: 'concat', with: ['a'] }, ...head],
      [2],
      /"concat1" \(concat\) cannot put 1×28×28 beside 1×14×14/,
    ],
    [
      'a gate of another number of channels',
      [
        { kind: 'conv2d', outChannels: 4, name: 'a' },
        { kind: 'global-average-pool' },
        { kind: 'linear', outFeatures: 3, name: 'gate' },
        { kind: 'multiply', from: 'a', with: ['gate'] },
        ...head,
      ],
      [3],
      /"multiply1" \(multiply\) cannot multiply 4×28×28 by 3/,
    ],
    [
      'groups of a normalisation that do not divide',
      [{ kind: 'conv2d', outChannels: 12 }, { kind: 'group-norm', groups: 5 }, ...head],
      [1],
      /groups 5 does not divide the 12 channels/,
    ],
    ['an image at the end', [{ kind: 'relu' }], [0], /one value per class/],
  ])('%s is refused', (_, layers, path, message) => {
    const [issue] = problems(layers);
    expect(issue?.path).toEqual(['layers', ...path]);
    expect(issue?.message).toMatch(message);
  });

  it('lists every problem with names', () => {
    const issues = problems([
      { kind: 'relu', name: 'a' },
      { kind: 'relu', name: 'a' },
      { kind: 'relu', from: 'later' },
      { kind: 'add', with: ['nowhere'] },
      { kind: 'relu', name: 'later', from: 'input' },
      ...head,
    ]);
    expect(issues.map(({ path }) => path.join('.'))).toEqual([
      'layers.1.name',
      'layers.2.from',
      'layers.3.with.0',
      'layers.3',
    ]);
  });

  it.each([
    [{ kind: 'conv2d' }],
    [{ kind: 'conv2d', outChannels: 0 }],
    [{ kind: 'conv2d', outChannels: 8, kernal: 3 }],
    [{ kind: 'relu', name: 'has.dot' }],
    [{ kind: 'dropout', rate: 1 }],
    [{ kind: 'warp' }],
  ])('%j is not a layer', (layer) => {
    expect(Architecture.safeParse({ kind: 'layers', layers: [layer] }).success).toBe(false);
  });
});
