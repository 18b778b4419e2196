import { optimizerSlots, type Program, type StateDict } from '@ravine/training';
import { check } from './engine-fault.js';

/** Names and shapes of everything that a state of this program holds; slots and second sets of weights may be missing. */
function layout(program: Program): { needed: Map<string, number[]>; optional: Map<string, number[]> } {
  const needed = new Map<string, number[]>();
  const optional = new Map<string, number[]>();
  for (const { name, shape } of [...program.parameters, ...program.buffers])
    needed.set(`model.${name}`, shape);
  for (const slot of Object.keys(optimizerSlots(program.optimizer))) {
    for (const { name, shape } of program.parameters) optional.set(`optimizer.${slot}.${name}`, shape);
  }
  const { parameters, buffers, weightAverage, lookahead } = program;
  if (weightAverage)
    for (const { name, shape } of [...parameters, ...buffers]) optional.set(`average.${name}`, shape);
  if (lookahead) for (const { name, shape } of parameters) optional.set(`slow.${name}`, shape);
  return { needed, optional };
}

/** Checks a state against the program; returns its arrays in the number type that the engine keeps. */
export function toNativeArrays(
  state: StateDict,
  program: Program,
): Record<string, Float32Array | Float64Array> {
  const { needed, optional } = layout(program);
  const missing = [...needed.keys()].find((name) => !state.has(name));
  check(missing === undefined, () => `the state lacks ${missing}`);
  const ArrayType = program.precision === 'fp64' ? Float64Array : Float32Array;
  const arrays: Record<string, Float32Array | Float64Array> = {};
  for (const [name, { shape, data }] of state) {
    const expected = needed.get(name) ?? optional.get(name);
    check(expected !== undefined, () => `the state holds ${name}, which this program does not have`);
    const size = expected.reduce((product, n) => product * n, 1);
    check(
      String(shape) === String(expected) && data.length === size,
      () => `state ${name} has shape [${shape}] and ${data.length} values; the program needs [${expected}]`,
    );
    arrays[name] = data instanceof ArrayType ? data : new ArrayType(data);
  }
  return arrays;
}
