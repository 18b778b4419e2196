import { describe, expect, it } from 'vitest';
import { toyRun } from '../../test/toy-run.js';
import { modelWeights } from '../checkpoint.js';
import type { StateDict } from '../engine.js';
import { initialState } from '../initializers.js';
import type { RecipeInput } from '../recipe.js';

const wrappers: [string, Partial<RecipeInput>][] = [
  ['EMA', { ema: { decay: 0.9 } }],
  ['SWA', { swa: { from: { epochs: 1 }, every: { steps: 3 } } }],
  ['Lookahead', { lookahead: { every: 3 } }],
  ['EMA of Lookahead', { ema: { decay: 0.8, every: 2 }, lookahead: {} }],
  ['noise', { gradientNoise: { eta: 0.1 } }],
  ['micro-batches', { microBatchSize: 4 }],
  ['adaptive clipping', { gradientClip: { adaptive: { ratio: 0.05 } } }],
  ['clipping by value', { gradientClip: { value: 0.01 } }],
];

describe.each(wrappers)('%s', (_, options) => {
  it('goes on after an interruption as if there had been none', async () => {
    const whole = await toyRun(options);
    for (const stopAtStep of [2, 5, 8]) {
      const first = await toyRun(options, { stopAtStep });
      expect(first.outcome).toMatchObject({ status: 'stopped', step: stopAtStep });
      const second = await toyRun(options, { resume: first.last('last') });
      expect(second.last('last').tensors).toEqual(whole.last('last').tensors);
      expect(second.outcome).toMatchObject({
        evaluation: whole.outcome.status === 'succeeded' ? whole.outcome.evaluation : null,
      });
    }
  });

  it('changes what is learned', async () => {
    const [plain, wrapped] = [await toyRun({}), await toyRun(options)];
    const weights = (result: typeof plain) => modelWeights(result.last('best').tensors);
    if ('microBatchSize' in options) expect(weights(wrapped)).toEqual(weights(plain));
    else expect(weights(wrapped)).not.toEqual(weights(plain));
  });
});

/** Weights after each of the run's steps, from the initial ones on, by stopping everywhere. */
async function path(options: Partial<RecipeInput>, steps: number): Promise<StateDict[]> {
  const { recipe, program } = await toyRun({ ...options, epochs: 1 });
  const states = [initialState(program, recipe.seed)];
  for (let stopAtStep = 1; stopAtStep <= steps; stopAtStep++)
    states.push((await toyRun(options, { stopAtStep })).last('last').tensors);
  return states;
}

const values = (state: StateDict, name: string) => [...state.get(name)!.data];
const close = (seen: number[], expected: number[]) =>
  seen.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 12);
  });

describe('the weights that a run is judged by', () => {
  const one = { epochs: 1 };
  const weight = 'model.fc1.weight';

  it('are the mean of EMA, beside the trained ones, which do not feel it', async () => {
    const run = await toyRun({ ...one, ema: { decay: 0.5, warmup: false } });
    const plain = await path(one, 4);
    const expected = plain
      .slice(1, 5)
      .reduce(
        (mean, state) => mean.map((m, i) => 0.5 * m + 0.5 * values(state, weight)[i]!),
        values(plain[0]!, weight),
      );
    close(values(run.last('best').tensors, weight), expected);
    expect(run.last('best').tensors.get(weight)).toEqual(run.last('last').tensors.get('best.fc1.weight'));
    close(values(run.last('last').tensors, weight), values((await toyRun(one)).last('last').tensors, weight));
  });

  it('are the plain mean of SWA once it has begun', async () => {
    const run = await toyRun({ ...one, swa: { from: { steps: 2 }, every: { steps: 1 } } });
    const plain = await path(one, 4);
    const expected = values(plain[2]!, weight).map(
      (first, i) => (first + values(plain[3]!, weight)[i]! + values(plain[4]!, weight)[i]!) / 3,
    );
    close(values(run.last('best').tensors, weight), expected);
    const later = await toyRun({ epochs: 2, swa: { from: { epochs: 2 } } });
    expect(later.epochs[0]!.validationLoss).toBe((await toyRun({ epochs: 2 })).epochs[0]!.validationLoss);
  });

  it('are the slow ones of Lookahead', async () => {
    const lookahead = { every: 4, alpha: 0.5 };
    const run = await toyRun({ ...one, lookahead });
    const plain = await path(one, 4);
    const expected = values(plain[0]!, weight).map(
      (slow, i) => slow + 0.5 * (values(plain[4]!, weight)[i]! - slow),
    );
    close(values(run.last('best').tensors, weight), expected);
    close(values(run.last('last').tensors, weight), expected); // the fast ones go on from there
  });

  it('give the losses that are reported', async () => {
    const run = await toyRun({ ...one, ema: { decay: 0.5, warmup: false } });
    const plain = await toyRun(one);
    expect(run.epochs[0]!.trainLoss).toBe(plain.epochs[0]!.trainLoss);
    expect(run.epochs[0]!.validationLoss).not.toBe(plain.epochs[0]!.validationLoss);
  });
});
