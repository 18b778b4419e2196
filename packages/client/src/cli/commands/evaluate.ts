import type { Combination, TestTimeChoice } from '@ravine/contracts';
import type { AnswerOf } from '../../transport.js';
import type { CommandSet, Context } from '../context.js';
import { findDataset } from '../find-dataset.js';
import { facts, percent, table } from '../format.js';
import { integerValue, listValue, numberList } from '../option-values.js';

interface EvaluateFlags {
  split?: 'train' | 'validation' | 'test';
  topK?: number;
  testTime?: TestTimeChoice;
  with?: string[];
  weight?: number[];
  combine?: Combination;
}

export function addEvaluateCommand(set: CommandSet): void {
  set
    .add(
      'evaluate <model> <dataset>',
      'how well a model, or several together, do on a split of a dataset',
      evaluate,
    )
    .option('--split <split>', 'train, validation or test; default test')
    .option('--top-k <count>', 'also count hits among the k most probable classes', integerValue)
    .option('--test-time <kind>', 'views that are averaged: none, recipe, flips or shifts')
    .option('--with <model>', 'another model that answers together with it; may be repeated', listValue)
    .option('--weight <number>', 'of each model, in their order; default equal', numberList)
    .option('--combine <kind>', 'of several models: probabilities, logits or vote');
}

/** The service checks what the flags say. */
async function evaluate(context: Context, modelId: string, dataset: string, flags: EvaluateFlags) {
  const { client, signal } = context;
  const { with: others = [], weight: weights, combine: combination, testTime, topK, split } = flags;
  const { id: datasetId } = await findDataset(client, dataset);
  const models = [modelId, ...others];
  const body = { models, weights, combination, testTimeAugmentation: testTime, datasetId, split, topK };
  const found = await client.models.evaluateTogether(body, { signal });
  context.print(found, () => describe(found));
}

const describe = (found: AnswerOf<'evaluateEnsemble'>): string =>
  [
    facts({
      split: `${found.split}, ${found.samples} images`,
      accuracy: percent(found.accuracy),
      ...Object.fromEntries(found.topK.slice(1).map(({ k, accuracy }) => [`top ${k}`, percent(accuracy)])),
      loss: found.loss,
      combination: found.members.length > 1 ? found.combination : null,
    }),
    table(
      ['CLASS', 'IMAGES', 'PRECISION', 'RECALL', 'F1'],
      found.classes.map(({ class: name, support, precision, recall, f1 }) => [
        name,
        support,
        percent(precision),
        percent(recall),
        percent(f1),
      ]),
    ),
  ].join('\n\n');
