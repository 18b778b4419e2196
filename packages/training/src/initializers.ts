import type { StateDict } from './engine.js';
import type { Initializer, Program } from './program.js';
import { randomStream, streams } from './random.js';
import { elements } from './shapes.js';

/** Draws in row-major order of the shape (OIHW for convolutions), from the stream of the parameter's index. */
function fill(
  data: Float32Array | Float64Array,
  initializer: Initializer,
  seed: number,
  index: number,
): void {
  if (initializer.kind === 'constant') {
    data.fill(initializer.value);
    return;
  }
  const { uniform, normal } = randomStream(seed, streams.weights, 0, index);
  for (let i = 0; i < data.length; i++)
    data[i] =
      initializer.kind === 'uniform'
        ? (2 * uniform() - 1) * initializer.bound
        : normal() * initializer.standardDeviation;
}

/** Initial parameters (`model.<name>`) and buffers of a program. The same seed gives the same bytes. */
export function initialState(program: Program, seed: number): StateDict {
  const allocate = (shape: number[]) =>
    program.precision === 'fp64' ? new Float64Array(elements(shape)) : new Float32Array(elements(shape));
  const state: StateDict = new Map();
  program.parameters.forEach(({ name, shape, initializer }, index) => {
    const data = allocate(shape);
    fill(data, initializer, seed, index);
    state.set(`model.${name}`, { shape, data });
  });
  for (const { name, shape, initialValue } of program.buffers)
    state.set(`model.${name}`, { shape, data: allocate(shape).fill(initialValue) });
  return state;
}
