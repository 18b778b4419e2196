import { describe, expect, it } from 'vitest';
import { networkParameters } from '../parameters.js';
import { elements } from '../shapes.js';
import { SpecError } from '../spec-error.js';
import type { NetworkInput } from './definition.js';
import { Architecture, type ArchitectureKind, architectures, buildArchitecture } from './index.js';

const imagenet = { channels: 3, height: 224, width: 224, classes: 1000 };
const cifar = { channels: 3, height: 32, width: 32, classes: 10 };
const food = { channels: 3, height: 128, width: 128, classes: 11 };
const mnist = { channels: 1, height: 28, width: 28, classes: 10 };

function build(architecture: unknown, input: NetworkInput) {
  const options = Architecture.parse(architecture);
  const nodes = buildArchitecture(options, input);
  const { parameters } = networkParameters(nodes, input, options.initializer);
  return { nodes, parameters, count: parameters.reduce((sum, { shape }) => sum + elements(shape), 0) };
}

const named = Object.keys(architectures).filter(
  (kind) => !['layers', 'graph'].includes(kind),
) as ArchitectureKind[];

describe('published numbers of parameters', () => {
  // torchvision 0.14 (its documentation's tables), the papers' own code, and facts 1.1 for the LeeDL network.
  it.each([
    [{ kind: 'resnet', depth: 18 }, imagenet, 11_689_512],
    [{ kind: 'resnet', depth: 34 }, imagenet, 21_797_672],
    [{ kind: 'resnet', depth: 50 }, imagenet, 25_557_032],
    [{ kind: 'resnet', depth: 18 }, cifar, 11_173_962],
    [{ kind: 'vgg', depth: 11, head: 'imagenet' }, imagenet, 132_868_840],
    [{ kind: 'vgg', depth: 13, head: 'imagenet' }, imagenet, 133_053_736],
    [{ kind: 'vgg', depth: 16, head: 'imagenet' }, imagenet, 138_365_992],
    [{ kind: 'vgg', depth: 19, head: 'imagenet' }, imagenet, 143_678_248],
    [{ kind: 'mobilenet-v2' }, imagenet, 3_504_872],
    [{ kind: 'mobilenet-v3', size: 'large' }, imagenet, 5_483_032],
    [{ kind: 'mobilenet-v3', size: 'small' }, imagenet, 2_542_856],
    [{ kind: 'efficientnet' }, imagenet, 5_288_548],
    [{ kind: 'efficientnet', depth: 1.1 }, imagenet, 7_794_184],
    [{ kind: 'convnext' }, imagenet, 28_589_128],
    [{ kind: 'convnext', depths: [3, 3, 27, 3] }, imagenet, 50_223_688],
    [{ kind: 'densenet' }, cifar, 769_162],
    [{ kind: 'wide-resnet' }, cifar, 36_479_194],
    [{ kind: 'lenet-5' }, mnist, 61_706],
    [{ kind: 'leedl-cnn' }, food, 12_833_803],
  ])('%j', (architecture, input, count) => {
    const built = build(architecture, input);
    expect(built.count).toBe(count);
    expect(built.nodes.at(-1)?.shape).toEqual([input.classes]);
  });

  it('airbench94 has the published 1,970,488 and the scales and shifts of six normalisations', () => {
    expect(build({ kind: 'airbench' }, cifar).count).toBe(1_970_488 + 2 * 2 * (64 + 256 + 256));
  });

  it.each([
    ['94', 0.4],
    ['96', 0.1],
  ])('running statistics of airbench%s have the momentum of its code, %d', (size, momentum) => {
    const { nodes } = build({ kind: 'airbench', size }, cifar);
    const momenta = nodes.flatMap((node) => (node.kind === 'batch-norm' ? [node.momentum] : []));
    expect(new Set(momenta)).toEqual(new Set([momentum]));
  });

  it.each([
    ['small', 1024, 768],
    ['large', 1280, 960],
  ])('the hidden layer of MobileNetV3 %s has %i features, and %i at width 0.75', (size, whole, scaled) => {
    const hidden = (width: number) =>
      build({ kind: 'mobilenet-v3', size, width }, imagenet)
        .nodes.filter(({ kind }) => kind === 'linear')
        .at(-2)?.shape;
    expect(hidden(1)).toEqual([whole]);
    expect(hidden(0.75)).toEqual([scaled]);
  });

  it('sizes before the classifier are the published ones', () => {
    const before = (architecture: unknown, input: NetworkInput) =>
      build(architecture, input).nodes.findLast(({ shape }) => shape.length === 3)?.shape;
    expect(before({ kind: 'resnet', depth: 50 }, imagenet)).toEqual([2048, 7, 7]);
    expect(before({ kind: 'resnet' }, cifar)).toEqual([512, 4, 4]);
    expect(before({ kind: 'densenet' }, cifar)).toEqual([342, 8, 8]);
    expect(before({ kind: 'wide-resnet' }, cifar)).toEqual([640, 8, 8]);
    expect(before({ kind: 'efficientnet' }, imagenet)).toEqual([1280, 7, 7]);
    expect(before({ kind: 'mobilenet-v3' }, imagenet)).toEqual([576, 7, 7]);
    expect(before({ kind: 'convnext' }, imagenet)).toEqual([768, 7, 7]);
    expect(before({ kind: 'airbench' }, cifar)).toEqual([256, 3, 3]);
    expect(before({ kind: 'leedl-residual-cnn' }, food)).toEqual([256, 32, 32]);
  });
});

describe.each(named)('%s', (kind) => {
  it('adapts to other images and classes, or says what it needs', () => {
    for (const size of [8, 13, 32, 97])
      for (const channels of [1, 3]) {
        const input = { channels, height: size, width: size + 3, classes: 4 };
        try {
          expect(build({ kind }, input).nodes.at(-1)?.shape).toEqual([4]);
        } catch (error) {
          expect(error).toBeInstanceOf(SpecError);
          expect((error as Error).message).toMatch(/needs images of at least (\d+)/);
          expect(size).toBeLessThan(32);
        }
      }
  });

  // Every option that takes one of a few values or a rate must change the network or how it starts.
  const input = { channels: 3, height: 40, width: 40, classes: 4 };
  const trace = (options: object): string => {
    const { nodes, parameters } = build({ kind, ...options }, input);
    return JSON.stringify([nodes, parameters]);
  };
  const shape = architectures[kind].options.shape as unknown as Record<string, unknown>;
  const variants: Record<string, unknown[]> = {
    normalization: ['batch', 'group', 'layer', 'none'],
    activation: ['relu', 'leaky-relu', 'relu6', 'gelu', 'silu', 'hard-swish'],
    stem: ['imagenet', 'cifar'],
    dropout: [0, 0.1],
    stochasticDepth: [0, 0.3],
    initializer: [
      'pytorch',
      'he',
      'he-uniform',
      'xavier',
      'xavier-uniform',
      'lecun',
      'lecun-uniform',
      'orthogonal',
    ],
    zeroInitResidual: [false, true],
    pooling: ['average', 'max'],
    head: ['linear', 'imagenet'],
    compression: [0.5, 0.7],
    growthRate: [8, 12],
    widenFactor: [1, 2],
    patchSize: [2, 4],
    layerScale: [1e-6, 0.1],
  };
  it.each(Object.keys(shape).filter((name) => name in variants))('heeds %s', (name) => {
    const values = variants[name] ?? [];
    expect(new Set(values.map((value) => trace({ [name]: value }))).size).toBe(values.length);
  });
});

it('refuses to start a scale at 0 that does not exist', () => {
  expect(() => build({ kind: 'resnet', normalization: 'none', zeroInitResidual: true }, cifar)).toThrow(
    /zeroInitResidual: needs a normalisation/,
  );
});

it('starts every residual branch at 0 where asked', () => {
  const { parameters } = build({ kind: 'resnet', depth: 50, zeroInitResidual: true }, cifar);
  const silent = parameters.filter(
    ({ role, initializer }) =>
      role === 'norm-scale' && initializer.kind === 'constant' && initializer.value === 0,
  );
  expect(silent).toHaveLength(16);
});

it('names the layer that options make too large together, though each is allowed', () => {
  const refused = expect(() => build({ kind: 'resnet', depth: 50, width: 512 }, cifar));
  refused.toThrow(SpecError);
  refused.toThrow(/^kind: makes a conv2d layer with outChannels 16384: at most 8192$/);
});
