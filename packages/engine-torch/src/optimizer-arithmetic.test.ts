/**
 * The update in fp32 is the rule of the specification with every operation rounded once: no fused multiply-add, no
 * approximate root, the same bits whichever instruction set the loop runs with and wherever in the loop an element is.
 */
import {
  type Algebra,
  float64,
  type LayerInput,
  type Program,
  type Session,
  type StateDict,
  slotArrays,
  updateParameter,
} from '@ravine/training';
import { expect, it } from 'vitest';
import {
  bytesOf,
  describeNative,
  distance,
  planOf,
  programFor,
  randomData,
  roughState,
  withSession,
} from '../test/harness.js';
import { optimizerVariants } from '../test/optimizer-variants.js';

const { fround } = Math;
const zip = (a: Float32Array, b: Float32Array, f: (x: number, y: number) => number): Float32Array =>
  a.map((x, i) => f(x, b[i]!));

/** In double precision, rounded at the end. */
const inDouble =
  <Rest extends unknown[]>(f: (a: Float64Array, ...rest: Rest) => Float64Array) =>
  (a: Float32Array, ...rest: Rest): Float32Array =>
    Float32Array.from(f(Float64Array.from(a), ...rest));

/** Float32Array rounds each element on its way in; the constants are rounded first, as the engine does. */
const float32: Algebra<Float32Array> = {
  add: (a, b) => zip(a, b, (x, y) => x + y),
  subtract: (a, b) => zip(a, b, (x, y) => x - y),
  multiply: (a, b) => zip(a, b, (x, y) => x * y),
  quotient: (a, b) => zip(a, b, (x, y) => (y === 0 ? 0 : x / y)),
  scale: (a, factor) => a.map((x) => x * fround(factor)),
  shift: (a, amount) => a.map((x) => x + fround(amount)),
  atLeast: (a, minimum) => a.map((x) => Math.max(x, fround(minimum))),
  atMost: (a, maximum) => a.map((x) => Math.min(x, fround(maximum))),
  maximum: (a, b) => zip(a, b, Math.max),
  absolute: (a) => a.map(Math.abs),
  sign: (a) => a.map(Math.sign),
  squareRoot: (a) => a.map(Math.sqrt),
  sum: (a) => float64.sum(Float64Array.from(a)),
  norm: (a) => float64.norm(Float64Array.from(a)),
  meanAlong: inDouble(float64.meanAlong),
  repeatAlong: inDouble(float64.repeatAlong),
  transpose: inDouble(float64.transpose),
  matrixProduct: (a, b, size) =>
    Float32Array.from(float64.matrixProduct(Float64Array.from(a), Float64Array.from(b), size)),
};

// Weights of two chunks, the second one of a length that fits no vector, and a bias of fewer values than any vector.
const size = { height: 73, width: 75, channels: 1, classes: 5, count: 4 };
const layers: LayerInput[] = [{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }];
const data = randomData(size);
const CLIP = 0.37;
/** Muon multiplies matrices, whose sums a BLAS makes in an order of its own: steps of up to 0.004 agree to this. */
const MATRIX_PRODUCTS = 1e-7;
const rates = [0.02, 0.013, 0.007];
const planAt = (step: number) => planOf([[step, 3]], rates[step]!, { firstStep: step });

/** −0 becomes 0: adding no decay to a gradient of −0 may give either. */
const unsigned = (state: StateDict): StateDict =>
  new Map(
    [...state].map(([name, { shape, data: values }]) => [name, { shape, data: values.map((x) => x + 0) }]),
  );

const arrayOf = (state: StateDict, name: string): Float32Array => state.get(name)!.data as Float32Array;

/** The gradients before clipping: with momentum, the first step of gradient descent keeps them in its slot. */
async function gradientsAt(probe: Session, state: StateDict, step: number): Promise<StateDict> {
  await probe.restore(new Map([...state].filter(([name]) => name.startsWith('model.'))));
  await probe.train({ ...planAt(step), firstStep: 0 });
  return probe.state();
}

const probeOf = (program: Program): Program => ({
  ...program,
  gradientClip: null,
  optimizer: { kind: 'sgd', convention: 'pytorch', momentum: 0.9, dampening: 0, nesterov: false },
  groups: program.groups.map((group) => ({ ...group, weightDecay: 0 })),
});

/** Trains `program` and checks each step against the rule; returns the norms and the last state. */
async function checkSteps(program: Program, threads: number) {
  const norms: number[] = [];
  const check = async (session: Session, probe: Session) => {
    await session.restore(roughState(program));
    for (const step of rates.keys()) {
      const before = await session.state();
      const gradients = await gradientsAt(probe, before, step);
      const [norm] = (await session.train(planAt(step))).gradientNorms;
      const state = await session.state();
      const after = bytesOf(unsigned(state));
      const clip = Math.min(1, CLIP / (norm! + 1e-6));
      let squares = 0;
      for (const { name, shape } of program.parameters) {
        const slots = slotArrays(program.optimizer, shape);
        const gradient = arrayOf(gradients, `optimizer.momentum.${name}`);
        squares += gradient.reduce((sum, g) => sum + g * g, 0);
        const next = updateParameter(float32, program.optimizer, {
          parameter: arrayOf(before, `model.${name}`),
          gradient: float32.scale(gradient, clip),
          slots: Object.fromEntries(
            slots.map(({ slot }) => [slot, arrayOf(before, `optimizer.${slot}.${name}`)]),
          ),
          learningRate: rates[step]!,
          weightDecay: program.groups[0]!.weightDecay,
          step: step + 1,
          shape,
        });
        const expected = new Map([[`model.${name}`, { shape: [], data: next.parameter }]]);
        for (const { slot } of slots)
          expected.set(`optimizer.${slot}.${name}`, { shape: [], data: next.slots[slot]! });
        for (const [key, bytes] of bytesOf(unsigned(expected))) {
          if (program.optimizer.kind === 'muon' && key.startsWith('model.'))
            expect(distance(arrayOf(state, key), arrayOf(expected, key))).toBeLessThan(MATRIX_PRODUCTS);
          else expect(after.get(key) === bytes, `${key}, step ${step + 1}`).toBe(true);
        }
      }
      expect(Math.abs(norm! / Math.sqrt(squares) - 1)).toBeLessThan(1e-12);
      norms.push(norm!);
    }
    return { norms, state: bytesOf(await session.state()) };
  };
  return withSession(
    program,
    data,
    (session) => withSession(probeOf(program), data, (probe) => check(session, probe), threads),
    threads,
  );
}

describeNative.each(['fp32', 'bf16'] as const)('the update, %s', (precision) => {
  const cases = optimizerVariants.map((optimizer) => [JSON.stringify(optimizer), optimizer] as const);
  it.each(cases)('is the rule bit for bit with 1 and 2 threads: %s', async (_, optimizer) => {
    const program = programFor(layers, size, { optimizer, precision, gradientClip: { norm: CLIP } });
    const alone = await checkSteps(program, 1);
    expect(await checkSteps(program, 2)).toEqual(alone);
  });
});
