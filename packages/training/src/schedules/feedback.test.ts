import { expect, it } from 'vitest';
import { createReferenceEngine } from '../../test/reference-engine.js';
import { toyData } from '../../test/toy-data.js';
import { decodeCheckpoint } from '../checkpoint.js';
import { compileProgram } from '../compile.js';
import { Recipe } from '../recipe.js';
import type { TrainingReport } from '../reports.js';
import { resolveRecipe } from '../resolve.js';
import { runTraining } from '../trainer.js';
import type { TrainingRun } from '../training-run.js';

/** Four epochs of four steps; the learning rates of the steps and the last checkpoint. */
async function go(run: Partial<TrainingRun> = {}) {
  const { data, facts } = toyData({ train: 45, test: 12 });
  const asked = Recipe.parse({
    dataset: facts.id,
    architecture: { kind: 'mlp', hidden: [6] },
    optimizer: { kind: 'adam', learningRate: 0.02 },
    validation: { fraction: 0.2 },
    batchSize: 10,
    epochs: 4,
    schedule: [
      {
        kind: 'product',
        of: [
          { kind: 'warmup-until', metric: 'train.loss', reaches: 1000 },
          { kind: 'reduce-on-plateau', patience: 0, factor: 0.5, threshold: 0.9 },
        ],
      },
    ],
  });
  const { recipe } = resolveRecipe(asked, facts);
  const reports: TrainingReport[] = [];
  await runTraining({
    engine: createReferenceEngine(),
    recipe,
    program: compileProgram(recipe, facts, 'fp64'),
    data,
    device: 'cpu',
    threads: 1,
    resume: null,
    signal: new AbortController().signal,
    clock: () => 0,
    report: (report) => {
      reports.push(report);
    },
    ...run,
  });
  const last = reports.findLast((report) => report.type === 'checkpoint' && report.metadata.role === 'last');
  if (last?.type !== 'checkpoint') throw new Error('no checkpoint was written');
  const rates = reports.flatMap((report) => (report.type === 'steps' ? report.learningRates : []));
  return { rates, last: decodeCheckpoint(last.bytes) };
}

it('a tenth until the first result, then all of it, halved at each epoch that is not ten times better', async () => {
  const { rates } = await go();
  expect(rates).toEqual([0.1, 1, 0.5, 0.25].flatMap((level) => Array(4).fill(0.02 * level)));
});

it.each([3, 4, 7, 12, 15])('goes on exactly after a stop at step %d', async (stopAtStep) => {
  const whole = await go();
  const first = await go({ stopAtStep });
  const second = await go({ resume: first.last });
  expect([...first.rates, ...second.rates]).toEqual(whole.rates);
  expect(second.last).toEqual(whole.last);
});
