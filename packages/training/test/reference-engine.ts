import { float64 } from '../src/algebra.js';
import { mixExamples } from '../src/augmentations/mix-examples.js';
import {
  type Engine,
  EngineError,
  type PackedDataset,
  type SampleResults,
  type Session,
  type StateDict,
  type StepPlan,
  type StepStats,
} from '../src/engine.js';
import { logSoftmax } from '../src/losses/definition.js';
import { classLogits, evaluateLoss, evaluationLoss } from '../src/losses/index.js';
import { toPlanes } from '../src/operations/planes.js';
import { slotArrays, updateParameter } from '../src/optimizers/index.js';
import type { Program } from '../src/program.js';
import { clipGradient, gradientNormal } from '../src/wrappers/index.js';
import { backward, forward } from './reference-network.js';
import { augment, imageOf } from './reference-pixels.js';

/**
 * Slow but real arithmetic in double precision for networks of flatten, global average pooling, linear, relu, dropout and add: it lets the
 * trainer be tested on every machine. The whole Session contract holds, non-finite steps and aborts included.
 */
export function createReferenceEngine(): Engine {
  return {
    name: 'reference',
    describe: () => ({
      name: 'reference',
      version: '1',
      build: 'reference 1',
      libraries: {},
      devices: [{ id: 'cpu', kind: 'cpu', name: 'reference', memoryBytes: null, fastBf16: false }],
    }),
    open: async (program, data) => {
      if (program.precision !== 'fp64')
        throw new EngineError('engine_unsupported', 'the reference engine computes in fp64 only');
      return createSession(program, data);
    },
  };
}

const normalize = (program: Program, pixels: Float64Array): Float64Array => {
  const area = program.input.height * program.input.width;
  const { mean, standardDeviation } = program.normalization;
  return pixels.map((pixel, i) => {
    const channel = Math.floor(i / area);
    return (pixel / 255 - mean[channel]!) / standardDeviation[channel]!;
  });
};

const allFinite = (values: Float64Array): boolean => values.every(Number.isFinite);

function createSession(program: Program, data: PackedDataset): Session {
  let state: StateDict = new Map();
  const { height, width, channels } = program.input;
  const givenImage = (pixels: Uint8Array, i: number): Float64Array => {
    const bytes = height * width * channels;
    return toPlanes({ height, width, channels, data: pixels.subarray(i * bytes, (i + 1) * bytes) });
  };

  /** Gradient of the batch mean, its loss and its hits. */
  const batchGradient = (plan: StepPlan, from: number, to: number, key: [number, number]) => {
    const gradients = new Map(
      program.parameters.map(({ name }) => [name, new Float64Array(state.get(`model.${name}`)!.data.length)]),
    );
    let [loss, correct] = [0, 0];
    const whole = Array.from(plan.order.subarray(from, to), (index, n) => {
      const label = data.splits.train!.labels[index]!;
      const pixels = augment(imageOf(data, 'train', index), plan.augmentation, from + n, height, width);
      const target = Float64Array.from({ length: program.classes }, (_, c) => (c === label ? 1 : 0));
      return { image: normalize(program, pixels), target };
    });
    for (const [sample, { image, target }] of mixExamples(
      whole,
      plan.mixing,
      from,
      program.input,
    ).entries()) {
      const draws = { key, sample };
      const values = forward(program, state, image, draws);
      const outputs = values.get(program.output)!;
      const logits = classLogits(outputs);
      const { value, gradient } = evaluateLoss(program.loss, outputs, target);
      loss += value / (to - from);
      if (logits.indexOf(Math.max(...logits)) === target.indexOf(Math.max(...target))) correct++;
      backward(
        program,
        state,
        values,
        gradient.map((g) => g / (to - from)),
        draws,
        gradients,
      );
    }
    return { gradients, loss, correct };
  };

  /** Clipped, then with the noise of plan step i. */
  const finished = (
    gradient: Float64Array,
    index: number,
    norm: number,
    { gradientNoise: noise }: StepPlan,
    i: number,
  ) => {
    const spec = program.parameters[index]!;
    const weights = state.get(`model.${spec.name}`)!.data as Float64Array;
    const clip = program.gradientClip;
    const clipped = clip ? clipGradient(clip, spec, { weights, gradient, networkNorm: norm }) : gradient;
    if (!noise) return clipped;
    const key: [number, number] = [noise.keys[2 * i]!, noise.keys[2 * i + 1]!];
    return clipped.map((g, e) => g + noise.deviations[i]! * gradientNormal(key, e, index));
  };

  const update = (
    gradients: Map<string, Float64Array>,
    rates: { learningRate: number; momentum: number | undefined },
    step: number,
  ) => {
    for (const { name, shape, group } of program.parameters) {
      const { weightDecay, learningRateFactor } = program.groups[group]!;
      if (learningRateFactor === 0) continue;
      const slots = slotArrays(program.optimizer, shape);
      const result = updateParameter(float64, program.optimizer, {
        parameter: state.get(`model.${name}`)!.data as Float64Array,
        gradient: gradients.get(name)!,
        slots: Object.fromEntries(
          slots.map(({ slot }) => [slot, state.get(`optimizer.${slot}.${name}`)!.data as Float64Array]),
        ),
        learningRate: rates.learningRate * learningRateFactor,
        momentum: rates.momentum,
        weightDecay,
        step,
        shape,
      });
      state.set(`model.${name}`, { shape, data: result.parameter });
      for (const { slot, shape: own } of slots)
        state.set(`optimizer.${slot}.${name}`, { shape: own, data: result.slots[slot]! });
    }
  };

  /** Moves the tensors of `set` by `share` of the way to the model's. */
  const approach = (set: 'average' | 'slow', share: number) => {
    for (const [name, { shape, data: values }] of state) {
      if (!name.startsWith(`${set}.`)) continue;
      const target = state.get(`model${name.slice(set.length)}`)!.data;
      state.set(name, { shape, data: (values as Float64Array).map((v, e) => v + share * (target[e]! - v)) });
    }
  };

  const updateCopies = ({ lookaheadShares, averageShares }: StepPlan, i: number) => {
    if (lookaheadShares && lookaheadShares[i]! > 0) {
      approach('slow', lookaheadShares[i]!);
      for (const { name, shape } of program.parameters)
        state.set(`model.${name}`, { shape, data: state.get(`slow.${name}`)!.data.slice() });
    }
    if (averageShares && averageShares[i]! > 0) approach('average', averageShares[i]!);
  };

  const train: Session['train'] = async (plan, options) => {
    const losses: number[] = [];
    const correct: number[] = [];
    const norms: number[] = [];
    let nonFinite: StepStats['nonFinite'] = null;
    for (let i = 0; i < plan.learningRates.length && nonFinite === null; i++) {
      await Promise.resolve();
      if (options?.signal?.aborted) break;
      const key: [number, number] = [plan.dropoutKeys[2 * i]!, plan.dropoutKeys[2 * i + 1]!];
      const batch = batchGradient(plan, plan.offsets[i]!, plan.offsets[i + 1]!, key);
      const norm = Math.sqrt(
        [...batch.gradients.values()].reduce((sum, g) => g.reduce((part, x) => part + x * x, sum), 0),
      );
      losses.push(batch.loss);
      correct.push(batch.correct);
      norms.push(norm);
      const step = plan.firstStep + i;
      if (!Number.isFinite(batch.loss)) nonFinite = { step, what: 'loss' };
      else if (![...batch.gradients.values()].every(allFinite)) nonFinite = { step, what: 'gradient' };
      else if (!plan.statisticsOnly) {
        const gradients = [...batch.gradients].map(
          ([name, gradient], index) => [name, finished(gradient, index, norm, plan, i)] as const,
        );
        const rates = { learningRate: plan.learningRates[i]!, momentum: plan.momenta?.[i] };
        update(new Map(gradients), rates, step + 1);
        updateCopies(plan, i);
      }
    }
    return {
      steps: losses.length,
      losses: Float64Array.from(losses),
      correct: Int32Array.from(correct),
      gradientNorms: Float64Array.from(norms),
      nonFinite,
    };
  };

  const evaluate: Session['evaluate'] = async (view, { topK, signal }): Promise<SampleResults> => {
    const split = data.splits[view.split]!;
    const indices = view.indices ?? Int32Array.from({ length: split.count }, (_, i) => i);
    const losses = new Float32Array(indices.length);
    const ranked = new Uint16Array(indices.length * topK);
    const probabilities = new Float32Array(indices.length * topK);
    const loss = evaluationLoss(program.loss);
    for (const [i, index] of indices.entries()) {
      if (signal?.aborted) throw signal.reason;
      const image = normalize(program, imageOf(data, view.split, index));
      const outputs = forward(program, state, image, null).get(program.output)!;
      losses[i] = evaluateLoss(loss, outputs, split.labels[index]!).value;
      const logs = logSoftmax(classLogits(outputs));
      const order = Array.from(logs.keys()).sort((a, b) => logs[b]! - logs[a]! || a - b);
      ranked.set(order.slice(0, topK), i * topK);
      probabilities.set(
        order.slice(0, topK).map((c) => Math.exp(logs[c]!)),
        i * topK,
      );
    }
    return { count: indices.length, topK, losses, ranked, probabilities };
  };

  const logits: Session['logits'] = async (images, { augmentation, signal }) => {
    signal?.throwIfAborted();
    const given = 'pixels' in images;
    const count = given ? images.count : (images.indices?.length ?? data.splits[images.split]!.count);
    const rows = Array.from({ length: count }, (_, i) => {
      const pixels = given
        ? givenImage(images.pixels, i)
        : imageOf(data, images.split, images.indices?.[i] ?? i);
      const input = normalize(program, augment(pixels, augmentation, i, height, width));
      return classLogits(forward(program, state, input, null).get(program.output)!);
    });
    return Float64Array.from(rows.flatMap((row) => [...row]));
  };

  return {
    train,
    evaluate,
    logits,
    predict: async (images, count) => {
      const rows = Array.from({ length: count }, (_, i) => {
        const pixels = givenImage(images, i);
        const outputs = forward(program, state, normalize(program, pixels), null).get(program.output)!;
        return logSoftmax(classLogits(outputs)).map(Math.exp);
      });
      return Float32Array.from(rows.flatMap((row) => [...row]));
    },
    state: async () => new Map(state),
    restore: async (given) => {
      state = new Map(
        [...given].map(([name, { shape, data: values }]) => [name, { shape, data: values.slice() }]),
      );
      for (const { name, shape } of program.parameters) {
        const copies = [program.weightAverage && 'average', program.lookahead && 'slow'].filter(
          (set) => set !== false,
        );
        for (const set of copies)
          if (!state.has(`${set}.${name}`))
            state.set(`${set}.${name}`, { shape, data: state.get(`model.${name}`)!.data.slice() });
        for (const { slot, shape: own, initial } of slotArrays(program.optimizer, shape)) {
          const full = `optimizer.${slot}.${name}`;
          const count = own.reduce((product, side) => product * side, 1);
          if (!state.has(full)) state.set(full, { shape: own, data: new Float64Array(count).fill(initial) });
        }
      }
    },
    close: async () => state.clear(),
  };
}
