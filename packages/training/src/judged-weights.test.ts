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

describe.each(['schedule-free-sgd', 'schedule-free-adamw'])('a run with %s', (kind) => {
  const optimizer = { kind, learningRate: 0.02 } as RecipeInput['optimizer'];

  it('keeps the mean as the best weights, and goes on from the weights it trains', async () => {
    const { outcome, recipe, program, last: latest } = await go({ optimizer, epochs: 1 });
    expect(outcome.status).toBe('succeeded');
    const [best, last] = [latest('best'), latest('last')];
    expect(weightsOf(best.tensors)).toEqual(weightsOf(judgedWeights(recipe, program, 1)!.of(last.tensors)));
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
