/**
 * 3×3 convolutions at stride 1, where processors with AVX512-BF16 (bf16) and with AVX2 or AVX-512 (fp32) take Winograd's
 * way: outputs, and gradients of input, weights and bias, held to the plain path in fp64 at odd sizes, odd channel counts,
 * every padding and batches of one. One wrong row or column of these small images would be an error of several percent.
 */
import type { LayerInput, StateDict } from '@ravine/training';
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
  padding?: number;
  bias?: boolean;
  /** With ReLU and 2×2 max pooling behind it, which is one layer where the output's size is even. */
  pool?: boolean;
}

const bf16Cases: Record<string, Case> = {
  'one image, odd size': { inputs: 32, outputs: 32, size: [5, 7], batch: 1 },
  'channels that fill no vector': { inputs: 33, outputs: 37, size: [9, 6], batch: 3 },
  'an odd number of tiles, no bias': { inputs: 48, outputs: 40, size: [5, 5], batch: 5, bias: false },
  'more outputs than a panel, unevenly': { inputs: 34, outputs: 100, size: [6, 6], batch: 4 },
  'more inputs than a panel, unevenly': { inputs: 117, outputs: 80, size: [4, 7], batch: 4 },
  'no padding': { inputs: 40, outputs: 64, size: [8, 5], batch: 4, padding: 0 },
  'wide padding': { inputs: 40, outputs: 64, size: [7, 4], batch: 4, padding: 2 },
  'images of one row': { inputs: 64, outputs: 32, size: [1, 9], batch: 4 },
  'images of one pixel': { inputs: 64, outputs: 33, size: [1, 1], batch: 7 },
  'with pooling': { inputs: 33, outputs: 37, size: [8, 6], batch: 3, pool: true },
  'with pooling, no padding, no bias': {
    ...{ inputs: 40, outputs: 70, size: [8, 12], batch: 4, padding: 0, bias: false, pool: true },
  },
  'with pooling, wide padding, one image': {
    ...{ inputs: 64, outputs: 48, size: [6, 4], batch: 1, padding: 2, pool: true },
  },
  'with pooling of an odd size': { inputs: 32, outputs: 40, size: [7, 9], batch: 4, pool: true },
  'with pooling, more tiles than a block and a stage': {
    ...{ inputs: 34, outputs: 33, size: [44, 44], batch: 9, pool: true },
  },
  'more tiles than a block and a stage': { inputs: 32, outputs: 35, size: [45, 44], batch: 9 },
};

/** With enough pixels and few enough tiles that are mostly outside of the image for fp32 to take Winograd's way. */
const fp32Cases: Record<string, Case> = {
  'one image, odd size': { inputs: 32, outputs: 32, size: [15, 19], batch: 1 },
  'channels that fill no vector': { inputs: 33, outputs: 37, size: [9, 6], batch: 12 },
  'as few channels as can be, no bias': {
    inputs: 16,
    outputs: 17,
    size: [11, 10],
    batch: 5,
    bias: false,
  },
  'more outputs than a panel, unevenly': { inputs: 34, outputs: 100, size: [12, 6], batch: 4 },
  'more inputs than a panel, unevenly': { inputs: 117, outputs: 80, size: [8, 7], batch: 6 },
  'no padding': { inputs: 40, outputs: 64, size: [14, 10], batch: 3, padding: 0 },
  'wide padding': { inputs: 40, outputs: 64, size: [11, 8], batch: 4, padding: 2 },
  'images of three rows': { inputs: 64, outputs: 33, size: [3, 40], batch: 3 },
  'more tiles than a block and a stage': { inputs: 32, outputs: 35, size: [45, 44], batch: 9 },
};

/** The most that outputs and gradients may err; 16 channels make the convolution in front one of those tested. */
const precisions = {
  bf16: { cases: bf16Cases, channels: 3, output: 0.01, gradient: 0.02 },
  fp32: { cases: fp32Cases, channels: 16, output: 1e-6, gradient: 1e-5 },
} as const;

const allCases = (['bf16', 'fp32'] as const).flatMap((precision) => {
  const { cases, channels, ...most } = precisions[precision];
  return Object.entries(cases).map(([title, c]) => ({ title, c: { ...c, channels }, most, precision }));
});

/**
 * The convolution in front has weights, so that the gradient of the other's input shows in theirs: 1×1, or in fp32, where
 * oneDNN's sums over pixels depend on the number of threads and err more than what is tested, 3×3 as well.
 */
function networkOf(c: Case & { channels: number }) {
  const { inputs, outputs, size, padding = 1, bias = true, batch, channels } = c;
  const [kernel, around] = channels === 3 ? [1, 0] : [3, 1];
  const layers: LayerInput[] = [
    { kind: 'conv2d', name: 'front', outChannels: inputs, kernel, padding: around },
    { kind: 'conv2d', name: 'conv', outChannels: outputs, padding, bias },
    ...(c.pool ? ([{ kind: 'relu' }, { kind: 'max-pool' }] as const) : []),
    { kind: 'global-average-pool' },
    { kind: 'linear', name: 'head', outFeatures: 'classes' },
  ];
  const images: Images = { height: size[0], width: size[1], channels, classes: 4, count: batch };
  // Pixels as they are for pooling, see clearWinners.
  const [mean, deviation] = c.pool ? [0, 1 / 255] : [0.5, 0.3];
  const normalization = {
    mean: Array(channels).fill(mean),
    standardDeviation: Array(channels).fill(deviation),
  };
  const data = randomData(images);
  if (c.pool) for (const shard of data.splits.train!.shards) lightOnePixelOfEachWindow(shard, c);
  return { program: programFor(layers, images, normalization), data };
}

/** 0 … 31, as if at random. */
const drawn = (i: number) => (Math.imul(i + 1, 2_654_435_761) >>> 20) % 32;

/** In each window of the pooling one pixel is bright, and the three others differ clearly; `shard` is [n][h][w][c]. */
function lightOnePixelOfEachWindow(shard: Uint8Array, c: Case & { channels: number }): void {
  const [height, width] = c.size;
  const shift = (c.padding ?? 1) - 1; // from the pixel to the output that it is the middle of
  for (let i = 0; i < shard.length; i++) {
    const pixel = Math.floor(i / c.channels);
    const [row, column] = [(Math.floor(pixel / width) % height) + shift, (pixel % width) + shift];
    const place = (row & 1) * 2 + (column & 1);
    const window = ((row >> 1) + 2) * 64 + (column >> 1) + 2;
    const image = Math.floor(pixel / (height * width)) * c.channels + (i % c.channels);
    shard[i] = drawn(window + 4099 * image) % 4 === place ? 200 + drawn(i) : 24 * (place + 1);
  }
}

/**
 * Weights that copy pixels to the convolution's input, and in its own one ±1 in the middle among small ones: where pooling
 * compares, values differ by more than bf16 and Winograd's transforms err, so that all precisions find the same winners.
 */
function clearWinners(state: StateDict, inputs: number): StateDict {
  const set = (name: string, value: (i: number) => number) =>
    state.get(`model.${name}`)?.data.forEach((_, i, data) => {
      data[i] = value(i);
    });
  set('front.weight', (i) => (i % 3 === Math.floor(i / 3) % 3 ? 1 : 0));
  set('front.bias', () => 0);
  set('conv.weight', (i) => {
    const output = Math.floor(i / 9 / inputs);
    const isMiddle = i % 9 === 4 && Math.floor(i / 9) % inputs === output % inputs;
    return isMiddle ? (output % 5 === 0 ? -1 : 1) : ((drawn(i) % 3) - 1) / 1024;
  });
  set('conv.bias', (i) => -8 - (i % 5));
  return state;
}

/** ‖a − b‖ / ‖b‖ */
function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return Math.sqrt(difference / size);
}

const all = (c: Case) => Array.from({ length: c.batch }, (_, i) => i);

/** Rounded to bf16, so that all precisions start from the same weights. */
function coarse(state: StateDict): StateDict {
  for (const { data } of state.values()) {
    const bits = new Uint32Array(1);
    const value = new Float32Array(bits.buffer);
    data.forEach((x, i) => {
      value[0] = x;
      bits[0] = bits[0]! & 0xffff0000;
      data[i] = value[0]!;
    });
  }
  return state;
}

describeNative.each(allCases)('3×3 convolution in $precision: $title', ({ c, most, precision }) => {
  const { program, data } = networkOf(c);
  const rounded = { ...program, precision };
  const start = c.pool ? clearWinners(coarse(roughState(program)), c.inputs) : coarse(roughState(program));

  it('gives what the plain path gives', async () => {
    const images = new Uint8Array(c.batch * c.size[0] * c.size[1] * c.channels).map(
      (_, i) => (i * 89 + (i >> 4)) % 256,
    );
    const predict = (which: typeof program) =>
      withSession(which, data, async (session) => {
        await session.restore(start);
        return session.predict(images, c.batch);
      });
    expect(relativeError(await predict(rounded), await predict(program))).toBeLessThan(most.output);
  });

  it('gives the gradients that the plain path gives', async () => {
    const exact = await gradientsOf(program, data, start, all(c));
    const gradients = await gradientsOf(rounded, data, start, all(c));
    for (const [name, values] of exact)
      expect(relativeError(gradients.get(name)!, values), name).toBeLessThan(most.gradient);
  });

  it('does not depend on the number of threads', async () => {
    const run = (threads: number) =>
      withSession(
        plainDescent(rounded),
        data,
        (session) => gradientsIn(session, rounded, start, planOf([all(c)], 1)),
        threads,
      );
    const one = await run(1);
    for (const threads of [2, 3, 7]) {
      const many = await run(threads);
      for (const name of ['conv.weight', 'conv.bias', 'front.weight', 'head.weight'])
        expect(many.get(name), `${name}, ${threads} threads`).toEqual(one.get(name));
    }
  });
});
