/**
 * Weight and bias gradients of convolutions in bf16, where processors with AVX512-BF16 run a kernel of our own, other than
 * of 3×3 at stride 1, which winograd.test.ts holds: its blocks, borders and edges. The numbers are chosen so that bf16 holds them: every value that goes into the gradient is
 * an integer or that times one factor, the rounded 0.5 / batch of the loss.
 */
import type { LayerInput, Program, StateDict } from '@ravine/training';
import { expect, it } from 'vitest';
import {
  describeNative,
  gradientsIn,
  gradientsOf,
  type Images,
  plainDescent,
  planOf,
  programFor,
  randomData,
  roughState,
  withSession,
} from '../test/harness.js';

interface Case {
  inputs: number;
  outputs: number;
  size: [height: number, width: number];
  batch: number;
  kernel: number;
  stride?: number;
  padding?: number;
}

const cases: Record<string, Case> = {
  'channels that fill no vector, odd batch': { inputs: 33, outputs: 37, size: [9, 7], batch: 5, kernel: 5 },
  'one image': { inputs: 64, outputs: 32, size: [5, 6], batch: 1, kernel: 5 },
  'outputs that split unevenly': { inputs: 64, outputs: 40, size: [5, 6], batch: 4, kernel: 5 },
  'wide kernel at stride 2': { inputs: 40, outputs: 50, size: [13, 11], batch: 17, kernel: 5, stride: 2 },
  'one by one': { inputs: 70, outputs: 48, size: [6, 5], batch: 7, kernel: 1, padding: 0 },
  'one by one at stride 2': {
    inputs: 48,
    outputs: 33,
    size: [7, 8],
    batch: 6,
    kernel: 1,
    stride: 2,
    padding: 0,
  },
  'kernel larger than the image': { inputs: 32, outputs: 34, size: [6, 5], batch: 4, kernel: 7, padding: 3 },
  'taps that see padding only': { inputs: 32, outputs: 32, size: [2, 1], batch: 4, kernel: 3, padding: 3 },
  'no padding, steps over the last row': {
    ...{ inputs: 130, outputs: 32, size: [8, 10], batch: 9, kernel: 3, stride: 2, padding: 0 },
  },
  'stride larger than the kernel': {
    inputs: 80,
    outputs: 33,
    size: [11, 11],
    batch: 5,
    kernel: 2,
    stride: 3,
  },
  'more outputs than a block': { inputs: 34, outputs: 160, size: [4, 4], batch: 8, kernel: 5 },
  'more rows than a stage': { inputs: 32, outputs: 32, size: [40, 64], batch: 16, kernel: 5 },
  'more rows and samples than a stage, stride 2': {
    ...{ inputs: 35, outputs: 33, size: [41, 33], batch: 37, kernel: 3, stride: 2 },
  },
};

const classes = 2;

/** Labels that are not evenly spread, or the gradient of the bias were 0. */
function dataOf(images: Images) {
  const data = randomData(images);
  data.splits.train!.labels.fill(1);
  data.splits.train!.labels[2] = 0;
  return data;
}

function networkOf(c: Case): { layers: LayerInput[]; images: Images; samples: number[] } {
  const { inputs, outputs, size, kernel, stride = 1, padding = kernel >> 1, batch } = c;
  return {
    layers: [
      { kind: 'conv2d', outChannels: outputs, kernel, stride, padding },
      { kind: 'flatten' },
      { kind: 'linear', outFeatures: 'classes' },
    ],
    images: { height: size[0], width: size[1], channels: inputs, classes, count: batch },
    samples: Array.from({ length: batch }, (_, i) => i),
  };
}

/** Pixels stay 0 … 255. */
const plainPixels = (channels: number) => ({
  mean: Array.from({ length: channels }, () => 0),
  standardDeviation: Array.from({ length: channels }, () => 1 / 255),
});

/** A convolution of zeros, so that both classes are as likely, and small integers behind it. */
function startOf(program: Program): StateDict {
  const state = roughState(program);
  const fill = (name: string, value: (i: number) => number) => {
    const { data } = state.get(`model.${name}`)!;
    data.forEach((_, i) => {
      data[i] = value(i);
    });
  };
  fill('conv1.weight', () => 0);
  fill('conv1.bias', () => 0);
  fill('fc1.bias', () => 0);
  const half = state.get('model.fc1.weight')!.data.length / classes;
  fill('fc1.weight', (i) => (i < half ? [1, -2, 0, 2, 1][(i * 7 + (i >> 3)) % 5]! : 0));
  return state;
}

/** The factor between two arrays, by least squares. */
function factorOf(a: Float64Array, b: Float64Array): number {
  const dot = (x: Float64Array, y: Float64Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / dot(b, b);
}

describeNative.each(Object.entries(cases))('convolution gradient: %s', (_, c) => {
  const { layers, images, samples } = networkOf(c);
  const data = dataOf(images);

  it('is the sum of products', async () => {
    const exact = programFor(layers, images, plainPixels(c.inputs));
    const start = startOf(exact);
    const expected = await gradientsOf(exact, data, start, samples);
    const gradients = await gradientsOf({ ...exact, precision: 'bf16' }, data, start, samples);
    for (const name of ['conv1.weight', 'conv1.bias']) {
      const [a, b] = [gradients.get(name)!, expected.get(name)!];
      const factor = factorOf(a, b);
      expect(Math.abs(factor - 1), name).toBeLessThan(1 / 128);
      const most = b.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      const worst = a.reduce((max, value, i) => {
        const target = factor * b[i]!;
        return Math.max(max, Math.abs(value - target) / (Math.abs(target) + most * 1e-4));
      }, 0);
      expect(worst, name).toBeLessThan(1 / 128); // where libtorch's kernel runs, the gradient itself is in bf16
    }
  });

  it('does not depend on the number of threads', async () => {
    const program = plainDescent(programFor(layers, images, { precision: 'bf16' }));
    const start = startOf(program);
    const run = (threads: number) =>
      withSession(
        program,
        data,
        (session) => gradientsIn(session, program, start, planOf([samples], 1)),
        threads,
      );
    const [one, two, many] = [await run(1), await run(2), await run(7)];
    expect(two.get('conv1.weight')).toEqual(one.get('conv1.weight'));
    expect(many.get('conv1.weight')).toEqual(one.get('conv1.weight'));
  });
});

describeNative('convolution gradient', () => {
  it.each([0, 1, 4])('reports the overflow of one product, sample %s of five', async (sample) => {
    const c = cases['channels that fill no vector, odd batch']!;
    const { layers, images, samples } = networkOf(c);
    const data = dataOf(images);
    const bytes = c.inputs * c.size[0] * c.size[1];
    data.splits.train!.shards.forEach((shard) => {
      shard.fill(0);
    });
    const at = (sample % 3) * bytes + c.inputs - 1; // the last channel of the first pixel
    const program = plainDescent(programFor(layers, images, { precision: 'bf16', ...plainPixels(c.inputs) }));
    const start = startOf(program);
    const weight = start.get('model.fc1.weight')!.data;
    weight[(c.outputs - 1) * c.size[0] * c.size[1]] = 3e38; // the last output of the first pixel
    const nonFinite = async (pixel: number) => {
      data.splits.train!.shards[Math.floor(sample / 3)]![at] = pixel;
      return withSession(program, data, async (session) => {
        await session.restore(start);
        return (await session.train(planOf([samples], 1))).nonFinite;
      });
    };
    expect(await nonFinite(1)).toBeNull();
    expect(await nonFinite(255)).toEqual({ step: 0, what: 'gradient' });
  });
});
