/** The forward pass of a program in plain loops over Float64Array, written from the doc comments of `program.ts`. */

import { dropoutUniform, INPUT, type Node, type Program, type StateDict } from '@ravine/training';
import { activationOf } from './reference-activations.js';

/** Values of a whole batch, N outermost, then the shape's axes (C, H, W). */
interface Value {
  shape: number[];
  data: Float64Array;
}

interface Context {
  state: StateDict;
  training: boolean;
  dropoutKey: [number, number];
  nodeIndex: number;
  /** Batch statistics of each batch-norm node, as a training pass met them (variance biased). */
  statistics: Map<string, { mean: number[]; variance: number[]; values: number }>;
}

const size = (shape: number[]): number => shape.reduce((product, n) => product * n, 1);

/** Fills a value of `shape` by asking for each sample and element. */
function build(batch: number, shape: number[], at: (n: number, element: number) => number): Value {
  const each = size(shape);
  return {
    shape,
    data: Float64Array.from({ length: batch * each }, (_, i) => at(Math.floor(i / each), i % each)),
  };
}

type Window = { kernel: number; stride: number };

/** Visits a window's pixels that lie inside the image: (offset in the kernel, offset in the image). */
function visit(
  node: Window & { padding?: number },
  [, height, width]: number[],
  row: number,
  column: number,
  see: (kernelAt: number, imageAt: number) => void,
): void {
  const padding = node.padding ?? 0;
  for (let y = 0; y < node.kernel; y++) {
    for (let x = 0; x < node.kernel; x++) {
      const [imageY, imageX] = [row * node.stride + y - padding, column * node.stride + x - padding];
      if (imageY >= 0 && imageY < height! && imageX >= 0 && imageX < width!)
        see(y * node.kernel + x, imageY * width! + imageX);
    }
  }
}

/** Where element `element` of a [C, H, W] shape lies. */
const place = ([, height, width]: number[], element: number): [number, number, number] => [
  Math.floor(element / (height! * width!)),
  Math.floor(element / width!) % height!,
  element % width!,
];

function convolve(
  node: Extract<Node, { kind: 'conv2d' }>,
  input: Value,
  batch: number,
  state: StateDict,
): Value {
  const weight = state.get(`model.${node.name}.weight`)!.data;
  const bias = node.bias ? state.get(`model.${node.name}.bias`)!.data : null;
  const plane = input.shape[1]! * input.shape[2]!;
  const perGroup = input.shape[0]! / node.groups;
  const area = node.kernel * node.kernel;
  return build(batch, node.shape, (n, element) => {
    const [out, row, column] = place(node.shape, element);
    const firstChannel = Math.floor(out / (node.outChannels / node.groups)) * perGroup;
    let sum = bias?.[out] ?? 0;
    for (let c = 0; c < perGroup; c++) {
      const imageStart = (n * input.shape[0]! + firstChannel + c) * plane;
      visit(node, input.shape, row, column, (kernelAt, imageAt) => {
        sum += weight[(out * perGroup + c) * area + kernelAt]! * input.data[imageStart + imageAt]!;
      });
    }
    return sum;
  });
}

function normalise(
  node: Extract<Node, { kind: 'batch-norm' }>,
  input: Value,
  batch: number,
  c: Context,
): Value {
  const channels = input.shape[0]!;
  const plane = size(input.shape) / channels;
  const array = (role: string) => Array.from(c.state.get(`model.${node.name}.${role}`)!.data);
  let [mean, variance] = [array('runningMean'), array('runningVariance')];
  if (c.training) {
    const values = (channel: number) =>
      Array.from({ length: batch * plane }, (_, i) => {
        const n = Math.floor(i / plane);
        return input.data[(n * channels + channel) * plane + (i % plane)]!;
      });
    const average = (list: number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
    mean = mean.map((_, channel) => average(values(channel)));
    variance = variance.map((_, channel) => average(values(channel).map((x) => (x - mean[channel]!) ** 2)));
    c.statistics.set(node.name, { mean, variance, values: batch * plane });
  }
  const [scale, shift] = [array('weight'), array('bias')];
  return build(batch, node.shape, (n, element) => {
    const channel = Math.floor(element / plane);
    const x = input.data[n * channels * plane + element]!;
    return (
      ((x - mean[channel]!) / Math.sqrt(variance[channel]! + node.epsilon)) * scale[channel]! +
      shift[channel]!
    );
  });
}

function pool(node: Extract<Node, { kind: 'max-pool' | 'avg-pool' }>, input: Value, batch: number): Value {
  const plane = input.shape[1]! * input.shape[2]!;
  return build(batch, node.shape, (n, element) => {
    const [channel, row, column] = place(node.shape, element);
    const start = (n * input.shape[0]! + channel) * plane;
    let [most, sum] = [-Infinity, 0];
    visit(node, input.shape, row, column, (_, imageAt) => {
      most = Math.max(most, input.data[start + imageAt]!);
      sum += input.data[start + imageAt]!;
    });
    return node.kind === 'max-pool' ? most : sum / node.kernel ** 2;
  });
}

/** Normalises the values of each sample that `partOf` (of channel and pixel) puts together. */
function normaliseParts(
  node: Extract<Node, { kind: 'group-norm' | 'layer-norm' }>,
  input: Value,
  batch: number,
  state: StateDict,
  partOf: (channel: number, pixel: number) => number,
): Value {
  const each = size(input.shape);
  const plane = each / input.shape[0]!;
  const [scale, shift] = ['weight', 'bias'].map((role) => state.get(`model.${node.name}.${role}`)!.data);
  const part = (element: number) => partOf(Math.floor(element / plane), element % plane);
  const moments = Array.from({ length: batch }, (_, n) => {
    const parts = new Map<number, number[]>();
    for (let e = 0; e < each; e++)
      parts.set(part(e), [...(parts.get(part(e)) ?? []), input.data[n * each + e]!]);
    const average = (list: number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
    return new Map(
      [...parts].map(([key, values]) => {
        const mean = average(values);
        return [key, { mean, variance: average(values.map((x) => (x - mean) ** 2)) }];
      }),
    );
  });
  return build(batch, node.shape, (n, e) => {
    const { mean, variance } = moments[n]!.get(part(e))!;
    const channel = Math.floor(e / plane);
    const normalised = (input.data[n * each + e]! - mean) / Math.sqrt(variance + node.epsilon);
    return normalised * scale![channel]! + shift![channel]!;
  });
}

function run(node: Node, inputs: Value[], batch: number, c: Context): Value {
  const input = inputs[0]!;
  const each = size(input.shape);
  const activation = activationOf(node);
  if (activation) return { shape: node.shape, data: input.data.map(activation) };
  switch (node.kind) {
    case 'conv2d':
      return convolve(node, input, batch, c.state);
    case 'batch-norm':
      return normalise(node, input, batch, c);
    case 'group-norm': {
      const channels = input.shape[0]! / node.groups;
      return normaliseParts(node, input, batch, c.state, (channel) => Math.floor(channel / channels));
    }
    case 'layer-norm':
      return normaliseParts(node, input, batch, c.state, (_, pixel) => pixel);
    case 'max-pool':
    case 'avg-pool':
      return pool(node, input, batch);
    case 'global-average-pool': {
      const plane = input.shape[1]! * input.shape[2]!;
      return build(batch, node.shape, (n, channel) => {
        const start = n * each + channel * plane;
        return input.data.subarray(start, start + plane).reduce((sum, x) => sum + x, 0) / plane;
      });
    }
    case 'global-max-pool': {
      const plane = input.shape[1]! * input.shape[2]!;
      return build(batch, node.shape, (n, channel) => {
        const start = n * each + channel * plane;
        return Math.max(...input.data.subarray(start, start + plane));
      });
    }
    case 'flatten':
      return { shape: node.shape, data: input.data };
    case 'linear': {
      const weight = c.state.get(`model.${node.name}.weight`)!.data;
      const bias = node.bias ? c.state.get(`model.${node.name}.bias`)!.data : null;
      return build(batch, node.shape, (n, out) => {
        let sum = bias?.[out] ?? 0;
        for (let i = 0; i < each; i++) sum += weight[out * each + i]! * input.data[n * each + i]!;
        return sum;
      });
    }
    case 'dropout': {
      const scale = Math.fround(1 / (1 - node.rate));
      const kept = (e: number) => dropoutUniform(...c.dropoutKey, e, c.nodeIndex) >= node.rate;
      const data = c.training ? input.data.map((x, e) => (kept(e) ? x * scale : 0)) : input.data;
      return { shape: node.shape, data };
    }
    case 'stochastic-depth': {
      const scale = Math.fround(1 / (1 - node.rate));
      const kept = (n: number) => dropoutUniform(...c.dropoutKey, n, c.nodeIndex) >= node.rate;
      const factor = (e: number) => (kept(Math.floor(e / each)) ? scale : 0);
      return { shape: node.shape, data: c.training ? input.data.map((x, e) => x * factor(e)) : input.data };
    }
    case 'concat': {
      const starts = inputs.map((_, k) => inputs.slice(0, k).reduce((sum, v) => sum + size(v.shape), 0));
      return build(batch, node.shape, (n, e) => {
        const k = starts.findLastIndex((start) => start <= e);
        return inputs[k]!.data[n * size(inputs[k]!.shape) + e - starts[k]!]!;
      });
    }
    case 'multiply': {
      const gates = size(inputs[1]!.shape);
      return build(
        batch,
        node.shape,
        (n, e) => input.data[n * each + e]! * inputs[1]!.data[n * gates + Math.floor((e * gates) / each)]!,
      );
    }
    case 'scale':
      return { shape: node.shape, data: input.data.map((x) => node.value * x) };
    case 'channel-scale': {
      const factors = c.state.get(`model.${node.name}.weight`)!.data;
      const plane = each / input.shape[0]!;
      return build(batch, node.shape, (n, e) => input.data[n * each + e]! * factors[Math.floor(e / plane)]!);
    }
    case 'add':
      return {
        shape: node.shape,
        data: input.data.map((_, i) => inputs.reduce((sum, v) => sum + v.data[i]!, 0)),
      };
    default:
      throw new Error(`the reference has no ${node.kind}`);
  }
}

export interface ReferenceOptions {
  training: boolean;
  dropoutKey?: [number, number];
}

/** Logits [batch, classes] of uint8 NHWC images, and the batch statistics of a training pass. */
export function referenceForward(
  program: Program,
  state: StateDict,
  images: Uint8Array[],
  { training, dropoutKey = [0, 0] }: ReferenceOptions,
): { logits: number[][]; statistics: Context['statistics'] } {
  const { channels, height, width } = program.input;
  const shape = [channels, height, width];
  const { mean, standardDeviation } = program.normalization;
  const pixels = build(images.length, shape, (n, element) => {
    const [channel, row, column] = place(shape, element);
    const pixel = images[n]![(row * width + column) * channels + channel]!;
    return (pixel / 255 - mean[channel]!) / standardDeviation[channel]!;
  });
  const values = new Map<string, Value>([[INPUT, pixels]]);
  const statistics: Context['statistics'] = new Map();
  program.nodes.forEach((node, nodeIndex) => {
    const inputs = node.inputs.map((name) => values.get(name)!);
    const context = { state, training, dropoutKey, nodeIndex, statistics };
    values.set(node.name, run(node, inputs, images.length, context));
  });
  const { data } = values.get(program.output)!;
  const logits = images.map((_, n) =>
    Array.from(data.subarray(n * program.classes, (n + 1) * program.classes)),
  );
  return { logits, statistics };
}

export function softmax(logits: number[]): number[] {
  const highest = Math.max(...logits);
  const powers = logits.map((z) => Math.exp(z - highest));
  const sum = powers.reduce((total, p) => total + p, 0);
  return powers.map((p) => p / sum);
}

/** Cross-entropy or squared error of one sample. */
export function referenceLoss(loss: Program['loss'], logits: number[], label: number): number {
  const p = softmax(logits);
  const target = p.map((_, c) => (c === label ? 1 : 0));
  if (loss.kind === 'mse') return p.reduce((sum, value, c) => sum + (value - target[c]!) ** 2, 0);
  if (loss.kind !== 'cross-entropy') throw new Error(`the reference has no ${loss.kind}`);
  const s = loss.labelSmoothing;
  return -p.reduce((sum, value, c) => sum + ((1 - s) * target[c]! + s / p.length) * Math.log(value), 0);
}
