import type { StateDict } from './engine.js';
import type { Initializer, Program } from './program.js';
import { randomStream, streams } from './random.js';
import { elements } from './shapes.js';
import { patchCovariance, type TrainImages, whiteningFilters } from './whitening.js';

type Values = Float32Array | Float64Array;

/**
 * Orthonormal vectors by Gram–Schmidt on standard normal ones, each cleaned twice, so that they are orthogonal to
 * rounding: `count` of them, `length` ≥ count long, one after the other.
 */
export function orthonormal(count: number, length: number, normal: () => number): Float64Array {
  const vectors = Float64Array.from({ length: count * length }, normal);
  for (let i = 0; i < count; i++) {
    const vector = vectors.subarray(i * length, (i + 1) * length);
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < i; j++) {
        const other = vectors.subarray(j * length, (j + 1) * length);
        let dot = 0;
        for (let k = 0; k < length; k++) dot += (vector[k] as number) * (other[k] as number);
        for (let k = 0; k < length; k++) vector[k] = (vector[k] as number) - dot * (other[k] as number);
      }
    const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
    for (let k = 0; k < length; k++) vector[k] = (vector[k] as number) / norm;
  }
  return vectors;
}

/** Multiplications that `orthonormal` needs for a weight of this shape. */
export function orthogonalWork(shape: number[]): number {
  const rows = shape[0] as number;
  const columns = elements(shape) / rows;
  return 2 * Math.min(rows, columns) ** 2 * Math.max(rows, columns);
}

function fillOrthogonal(data: Values, shape: number[], gain: number, normal: () => number): void {
  const rows = shape[0] as number;
  const columns = data.length / rows;
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const vectors = orthonormal(count, length, normal);
  for (let i = 0; i < count; i++)
    for (let k = 0; k < length; k++) {
      const at = rows <= columns ? i * columns + k : k * columns + i;
      data[at] = gain * (vectors[i * length + k] as number);
    }
}

/** Overwrites the first filters of each group with a 1 in the middle of their own channel. */
function setDirac(data: Values, shape: number[], groups: number): void {
  const [outputs, channels, height, width] = shape as [number, number, number, number];
  const area = height * width;
  const centre = Math.floor(height / 2) * width + Math.floor(width / 2);
  for (let group = 0; group < groups; group++)
    for (let i = 0; i < Math.min(channels, outputs / groups); i++) {
      const filter = (group * (outputs / groups) + i) * channels * area;
      data.fill(0, filter, filter + channels * area);
      data[filter + i * area + centre] = 1;
    }
}

/** Initialisers that draw; a weight that whitens is computed from images. */
type Drawn = Exclude<Initializer, { kind: 'whitening' }>;

/** Draws in row-major order of the shape (OIHW for convolutions), from the stream of the parameter's index. */
function fill(data: Values, shape: number[], initializer: Drawn, seed: number, index: number): void {
  const { uniform, normal } = randomStream(seed, streams.weights, 0, index);
  switch (initializer.kind) {
    case 'constant':
      data.fill(initializer.value);
      return;
    case 'orthogonal':
      fillOrthogonal(data, shape, initializer.gain, normal);
      return;
    case 'normal':
      for (let i = 0; i < data.length; i++) data[i] = normal() * initializer.standardDeviation;
      return;
    default:
      for (let i = 0; i < data.length; i++) data[i] = (2 * uniform() - 1) * initializer.bound;
      if (initializer.kind === 'dirac') setDirac(data, shape, initializer.groups);
  }
}

/**
 * Initial parameters (`model.<name>`) and buffers of a program. The same seed gives the same bytes. A layer that whitens
 * needs the images that the run learns from; without them it throws.
 */
export function initialState(program: Program, seed: number, images?: TrainImages): StateDict {
  const allocate = (shape: number[]) =>
    program.precision === 'fp64' ? new Float64Array(elements(shape)) : new Float32Array(elements(shape));
  const state: StateDict = new Map();
  program.parameters.forEach(({ name, shape, initializer }, index) => {
    const data = allocate(shape);
    if (initializer.kind === 'whitening') {
      if (images === undefined) throw new Error(`${name} whitens: it needs the training images`);
      const { standardDeviation } = program.normalization;
      const kernel = shape.at(-1) as number;
      const covariance = patchCovariance(images, standardDeviation, kernel, initializer.images);
      data.set(whiteningFilters(covariance, initializer.epsilon));
    } else fill(data, shape, initializer, seed, index);
    state.set(`model.${name}`, { shape, data });
  });
  for (const { name, shape, initialValue } of program.buffers)
    state.set(`model.${name}`, { shape, data: allocate(shape).fill(initialValue) });
  return state;
}
