import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../test/reference-engine.js';
import { toyRun } from '../test/toy-run.js';
import type { Engine, Session, StateDict } from './engine.js';
import { judgedWeights } from './judged-weights.js';
import type { RecipeInput } from './recipe.js';
import type { TrainingRun } from './training-run.js';

const base: Partial<RecipeInput> = {
  optimizer: { kind: 'schedule-free-adamw', learningRate: 0.02 },
  schedule: [{ kind: 'warmup', for: { steps: 3 } }, { kind: 'constant' }],
  validation: { fraction: 0.2 },
  epochs: 4,
  seed: 7,
};
const go = (options: Partial<RecipeInput> = {}, run: Partial<TrainingRun> = {}) =>
  toyRun({ ...base, ...options }, run);

const weightsOf = (tensors: StateDict) =>
  [...tensors].filter(([name]) => name.startsWith('model.')).map(([name, { data }]) => [name, [...data]]);

describe.each([
  { kind: 'schedule-free-sgd', learningRate: 0.02 },
  { kind: 'schedule-free-adamw', learningRate: 0.02 },
  { kind: 'asgd', learningRate: 0.02, averageFrom: 0 },
] as const)('a run with $kind', (optimizer) => {
  it('keeps the mean as the best weights, and goes on from the weights it trains', async () => {
    const { outcome, recipe, program, last: latest } = await go({ optimizer, epochs: 1 });
    expect(outcome.status).toBe('succeeded');
    const [best, last] = [latest('best'), latest('last')];
    expect(weightsOf(best.tensors)).toEqual(
      weightsOf(judgedWeights(recipe, program, last.metadata.position.step)!.of(last.tensors)),
    );
    expect(weightsOf(best.tensors)).not.toEqual(weightsOf(last.tensors));
    const kept = [...last.tensors].filter(([name]) => name.startsWith('best.'));
    expect(kept.map(([name, { data }]) => [name.replace('best', 'model'), [...data]])).toEqual(
      weightsOf(best.tensors),
    );
  });

  it('resumed within an epoch or at its end gives the bytes of an uninterrupted one', async () => {
    const whole = await go({ optimizer });
    for (const stopAtStep of [2, 4, 7]) {
      const first = await go({ optimizer }, { stopAtStep });
      const rest = await go({ optimizer }, { resume: first.last('last') });
      expect(rest.last('last')).toEqual(whole.last('last'));
      expect(rest.outcome).toEqual(whole.outcome);
    }
  });
});

describe('a run with ASGD', () => {
  const asgd = (averageFrom: number): RecipeInput['optimizer'] => ({
    ...{ kind: 'asgd', learningRate: 0.02, lambda: 0.01 },
    averageFrom,
  });
  const average = (tensors: StateDict) =>
    [...tensors].flatMap(([name, { data }]) =>
      name.startsWith('optimizer.average.') ? [[name.replace('optimizer.average', 'model'), [...data]]] : [],
    );

  it('is judged by the average once that holds more than the last weights', async () => {
    const { recipe, program, last } = await go({ optimizer: asgd(1), epochs: 1 });
    expect(judgedWeights(recipe, program, 3)).toBeNull();
    expect(weightsOf(last('best').tensors)).toEqual(average(last('last').tensors));
    expect(weightsOf(last('best').tensors)).not.toEqual(weightsOf(last('last').tensors));
  });

  it('that ends before the average begins is one without it', async () => {
    const { recipe, program, last } = await go({ optimizer: asgd(2), epochs: 1 });
    expect(judgedWeights(recipe, program, 4)).toBeNull();
    expect(judgedWeights(recipe, program, 5)).not.toBeNull();
    expect(weightsOf(last('best').tensors)).toEqual(weightsOf(last('last').tensors));
    expect(average(last('last').tensors)).toEqual(weightsOf(last('last').tensors));
  });

  it('keeps what is not trained as it starts', async () => {
    const parameterGroups = { learningRateFactors: { bias: 0 } };
    const { program, last } = await go({ optimizer: asgd(0), parameterGroups, epochs: 1 });
    const frozen = program.parameters.filter(({ group }) => program.groups[group]!.learningRateFactor === 0);
    expect(frozen).not.toEqual([]);
    for (const { name } of frozen)
      expect(last('best').tensors.get(`model.${name}`)).toEqual(last('last').tensors.get(`model.${name}`));
  });

  it('takes another average only where its own does not begin', async () => {
    await expect(go({ optimizer: asgd(0), ema: {}, epochs: 1 })).rejects.toThrow(
      /averages its weights by itself/,
    );
    expect((await go({ optimizer: asgd(100), ema: {}, epochs: 1 })).outcome.status).toBe('succeeded');
  });
});

it('an abort during validation leaves the trained weights in the checkpoint', async () => {
  const controller = new AbortController();
  const real = createReferenceEngine();
  const engine: Engine = {
    ...real,
    open: async (...given) => {
      const session = await real.open(...given);
      const evaluate: Session['evaluate'] = async (...view) => {
        controller.abort();
        return session.evaluate(...view);
      };
      return { ...session, evaluate };
    },
  };
  const stopped = await go({}, { engine, signal: controller.signal });
  expect(stopped.outcome.status).toBe('stopped');
  const rest = await go({}, { resume: stopped.last('last') });
  const whole = await go();
  expect(rest.last('last')).toEqual(whole.last('last'));
});
