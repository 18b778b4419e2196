import type { DatasetManifest, EnsembleEvaluation } from '@ravine/contracts';
import type { HandlersOf } from '../contract.js';
import { invalid } from '../http/input.js';
import type { Services } from '../services.js';
import { askWorker } from './ask-worker.js';
import { type Members, requireViews, weighted } from './ensemble.js';
import { findModel } from './models.js';
import { readyDataset } from './ready-dataset.js';

/** A large split takes a CPU minutes; clients give up after five. */
const WAIT_MS = 4 * 60_000;

export function createEvaluateHandlers(services: Services): HandlersOf<'evaluateEnsemble'> {
  return {
    async evaluateEnsemble({ body }, context): Promise<EnsembleEvaluation> {
      const { models: ids, weights, datasetId, split, topK, ...options } = body;
      const members = weighted(await Promise.all(ids.map((id) => findModel(services, context, id))), weights);
      await requireViews(services, context, members, options.testTimeAugmentation, '/testTimeAugmentation');
      const { manifest } = await readyDataset(services.database, context.project, datasetId, '/datasetId');
      requireFitting(members, manifest);
      if (!manifest.splits[split]?.count)
        throw refused(
          'split',
          `must be a split of the dataset: ${Object.keys(manifest.splits).join(', ')}`,
          split,
        );
      const shares = members.map(({ model, weight }) => ({ modelId: model.id, weight }));
      const question = {
        ...options,
        members: shares,
        images: [],
        target: { datasetId, split },
        topK: Math.min(topK, manifest.classes.length),
      };
      const { state, seconds } = await askWorker(services, context, question, WAIT_MS);
      if (state.evaluation === null) throw new Error('an evaluation was answered with predictions');
      return { object: 'evaluation', datasetId, members: shares, ...options, ...state.evaluation, seconds };
    },
  };
}

const refused = (field: string, message: string, received: string) =>
  invalid([{ pointer: `/${field}`, code: 'invalid_value', message, received }]);

/** The members are alike; what is true of the first is true of all. */
function requireFitting([first]: Members, manifest: DatasetManifest): void {
  if (!first) return;
  const { classes, input } = first.model;
  const size = (of: { height: number; width: number; channels: number }) =>
    `${of.height}×${of.width}×${of.channels}`;
  const label = manifest.classes.findIndex((name, i) => name !== classes[i]);
  if (label >= 0 || manifest.classes.length !== classes.length) {
    const message = `must have the classes of the models in their order: ${classes.slice(0, 20).join(', ')}`;
    throw refused('datasetId', message, manifest.classes.slice(0, 20).join(', '));
  }
  if (size(input) !== size(manifest))
    throw refused('datasetId', `must have images of ${size(input)}, as the models take`, size(manifest));
}
