import { expect, it } from 'vitest';
import { toyData } from '../../test/toy-data.js';
import { toyRun } from '../../test/toy-run.js';
import { Loss, losses, lossProblems } from './index.js';

const linear = { architecture: { kind: 'softmax-regression' }, epochs: 60 } as const;

it.each(Object.keys(losses) as (keyof typeof losses)[])('two classes can be learned by %s', async (kind) => {
  const two = toyData({ train: 40, test: 60 }, { classes: 2 });
  const { outcome, program } = await toyRun({ ...linear, loss: { kind } }, {}, two);
  expect(program.classes).toBe(2);
  expect(program.nodes.at(-1)?.shape).toEqual([kind === 'binary-cross-entropy' ? 1 : 2]);
  if (outcome.status !== 'succeeded') throw new Error(outcome.status);
  expect(outcome.evaluation.accuracy).toBeGreaterThan(0.9);
  expect(outcome.evaluation.topK).toHaveLength(2);
});

it('balances by the images that are trained on, not by those held out', async () => {
  const loss = { kind: 'cross-entropy', classWeights: 'balanced' } as const;
  const lopsided = toyData({ train: 45, test: 12 });
  lopsided.facts.counts.train = [20, 10, 15];
  const { labels } = lopsided.data.splits.train!;
  labels.forEach((_, i) => {
    labels[i] = i < 20 ? 0 : i < 30 ? 1 : 2;
  });
  const { recipe } = await toyRun(
    { ...linear, epochs: 1, loss, validation: { fraction: 0.2 } },
    {},
    lopsided,
  );
  expect(recipe.loss).toMatchObject({ classWeights: [36 / 48, 36 / 24, 36 / 36] });
});

it('refuses what the classes cannot give, at its field', async () => {
  const issues = (options: object) => toyRun({ ...linear, ...options });
  await expect(issues({ loss: { kind: 'binary-cross-entropy' } })).rejects.toThrow('loss.kind: binary');
  const weights = { kind: 'focal', classWeights: [1, 2] };
  await expect(issues({ loss: weights })).rejects.toThrow(
    'loss.classWeights: has 2 weights, but there are 3',
  );
  const probabilities = { testTimeAugmentation: { kind: 'flips', average: 'probabilities' } };
  await expect(issues({ loss: { kind: 'mse-outputs' }, ...probabilities })).rejects.toThrow(
    'testTimeAugmentation.average: must be "logits"',
  );
  expect(lossProblems(Loss.parse({ kind: 'binary-cross-entropy' }), [1, 2])).toEqual([]);
});
