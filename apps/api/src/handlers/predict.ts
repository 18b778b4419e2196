import type { Combination, Prediction, TestTimeChoice } from '@ravine/contracts';
import type { Context, HandlersOf, StoredFile } from '../contract.js';
import type { Services } from '../services.js';
import { askWorker } from './ask-worker.js';
import { type Members, requireViews, weighted } from './ensemble.js';
import { findModel } from './models.js';

const WAIT_MS = 30_000;

export function createPredictHandlers(services: Services): HandlersOf<'predict' | 'predictEnsemble'> {
  return {
    async predict({ params: { modelId }, query, files }, context) {
      const members = weighted([await findModel(services, context, modelId)]);
      const pointer = '/query/testTimeAugmentation';
      await requireViews(services, context, members, query.testTimeAugmentation, pointer);
      const answer = await ask(services, context, { members, combination: 'logits', ...query }, files);
      return { object: 'prediction', modelId, ...answer };
    },

    async predictEnsemble({ body: { models: ids, weights, ...options }, files }, context) {
      const models = await Promise.all(ids.map((id) => findModel(services, context, id)));
      const members = weighted(models, weights);
      const pointer = '/testTimeAugmentation';
      await requireViews(services, context, members, options.testTimeAugmentation, pointer);
      const answer = await ask(services, context, { members, ...options }, files);
      return {
        object: 'prediction',
        members: members.map(({ model, weight }) => ({ modelId: model.id, weight })),
        combination: options.combination,
        ...answer,
      };
    },
  };
}

interface Question {
  members: Members;
  combination: Combination;
  testTimeAugmentation: TestTimeChoice;
  topK: number;
}

/** Hands the images to a worker and waits for its answer. */
async function ask(
  services: Services,
  context: Context,
  { members, topK, ...options }: Question,
  files: readonly StoredFile[],
): Promise<{ results: Prediction['results']; seconds: number }> {
  const question = {
    ...options,
    members: members.map(({ model, weight }) => ({ modelId: model.id, weight })),
    images: files.map(({ name, key }) => ({ fileName: name, key })),
    topK: Math.min(topK, ...members.map(({ model }) => model.classes.length)),
  };
  const { state, seconds } = await askWorker(services, context, question, WAIT_MS);
  return { results: state.results ?? [], seconds };
}
