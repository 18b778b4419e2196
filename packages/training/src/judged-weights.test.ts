import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../test/reference-engine.js';
import { toyData } from '../test/toy-data.js';
import { type Checkpoint, decodeCheckpoint } from './checkpoint.js';
import { compileProgram } from './compile.js';
import type { Engine, Session, StateDict } from './engine.js';
import { judgedWeights } from './judged-weights.js';
import { Recipe, type RecipeInput } from './recipe.js';
import type { TrainingReport } from './reports.js';
import { resolveRecipe } from './resolve.js';
import { runTraining } from './trainer.js';
import type { TrainingRun } from './training-run.js';

const base: Omit<RecipeInput, 'dataset'> = {
  architecture: { kind: 'mlp', hidden: [6], dropout: 0.25 },
  optimizer: { kind: 'schedule-free-adamw', learningRate: 0.02 },
  schedule: [{ kind: 'warmup', for: { steps: 3 } }, { kind: 'constant' }],
  validation: { fraction: 0.2 },
  batchSize: 10,
  epochs: 4,
  seed: 7,
};

async function go(options: Partial<RecipeInput> = {}, run: Partial<TrainingRun> = {}) {
  const { data, facts } = toyData({ train: 45, test: 12 });
  const { recipe } = resolveRecipe(Recipe.parse({ ...base, ...options, dataset: facts.id }), facts);
  const reports: TrainingReport[] = [];
  const program = compileProgram(recipe, facts, 'fp64');
  const outcome = await runTraining({
    engine: createReferenceEngine(),
    recipe,
    program,
    data,
    device: 'cpu',
    threads: 1,
    resume: null,
    signal: new AbortController().signal,
    clock: () => 0,
    report: async (report) => void reports.push(report),
    ...run,
  });
  const checkpoints = (role: string): Checkpoint[] =>
    reports.flatMap((report) => {
      const isOne = report.type === 'checkpoint' && report.metadata.role === role;
      return isOne ? [decodeCheckpoint(report.bytes)] : [];
    });
  return { outcome, recipe, program, checkpoints };
}

const weightsOf = (tensors: StateDict) =>
  [...tensors].filter(([name]) => name.startsWith('model.')).map(([name, { data }]) => [name, [...data]]);

describe.each(['schedule-free-sgd', 'schedule-free-adamw'])('a run with %s', (kind) => {
  const optimizer = { kind, learningRate: 0.02 } as RecipeInput['optimizer'];

  it('keeps the mean as the best weights, and goes on from the weights it trains', async () => {
    const { outcome, recipe, program, checkpoints } = await go({ optimizer, epochs: 1 });
    expect(outcome.status).toBe('succeeded');
    const [best, last] = [checkpoints('best').at(-1)!, checkpoints('last').at(-1)!];
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
      const rest = await go({ optimizer }, { resume: first.checkpoints('last').at(-1)! });
      expect(rest.checkpoints('last').at(-1)).toEqual(whole.checkpoints('last').at(-1));
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
  const rest = await go({}, { resume: stopped.checkpoints('last').at(-1)! });
  const whole = await go();
  expect(rest.checkpoints('last').at(-1)).toEqual(whole.checkpoints('last').at(-1));
});
