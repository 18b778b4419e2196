import {
  AppError,
  type Combination,
  type ErrorCode,
  errorCatalog,
  type Prediction,
  type TestTimeChoice,
} from '@ravine/contracts';
import type { Context, HandlersOf, StoredFile } from '../contract.js';
import type { Services } from '../services.js';
import { requirePredictor } from './engine-choice.js';
import { weighted } from './ensemble.js';
import { findJob } from './jobs.js';
import { findModel } from './models.js';

const WAIT_MS = 30_000;
/** The hint may be lost; a prediction is quick, so the row is looked at often. */
const POLL_MS = 500;

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

type Members = ReturnType<typeof weighted>;

interface Question {
  members: Members;
  combination: Combination;
  testTimeAugmentation: TestTimeChoice;
  topK: number;
}

/** Hands the images to a worker and waits for its answer; the row and the images go afterwards. */
async function ask(
  services: Services,
  context: Context,
  { members, topK, ...options }: Question,
  files: readonly StoredFile[],
): Promise<{ results: Prediction['results']; seconds: number }> {
  const { database, queues } = services;
  const { project, log } = context;
  requirePredictor(await database.workers.list());
  const began = performance.now();
  const id = await database.predictions.create(project, {
    ...options,
    members: members.map(({ model, weight }) => ({ modelId: model.id, weight })),
    images: files.map(({ name, key }) => ({ fileName: name, key })),
    topK: Math.min(topK, ...members.map(({ model }) => model.classes.length)),
  });
  try {
    await queues.enqueue('predict', id);
    const results = await answerOf(services, context, id);
    return { results, seconds: (performance.now() - began) / 1000 };
  } finally {
    await database.predictions
      .remove(project, id)
      .catch((err) => log.warn({ err, id }, 'prediction row stays until it expires'));
  }
}

/** The views of a recipe can only be asked for where it has some. */
async function requireViews(
  services: Services,
  context: Context,
  members: Members,
  choice: TestTimeChoice,
  pointer: string,
): Promise<void> {
  if (choice !== 'recipe') return;
  for (const { model } of members) {
    const { recipe } = await findJob(services, context, model.jobId);
    if (recipe.testTimeAugmentation !== null) continue;
    const message = `the recipe of model ${model.id} has no test-time augmentation; name a kind instead`;
    throw new AppError('validation_failed', {
      detail: message,
      errors: [{ pointer, code: 'no_views', message, received: choice }],
    });
  }
}

/** Waits for the worker; the row is the truth, the hint only shortens the wait. */
async function answerOf(
  { database, wakeups }: Services,
  { project, signal }: Context,
  id: string,
): Promise<Prediction['results']> {
  const deadline = Date.now() + WAIT_MS;
  const hint = wakeups.watch(id);
  try {
    while (Date.now() < deadline && !signal.aborted) {
      const state = await database.predictions.get(project, id);
      if (state?.results) return state.results;
      if (state?.error) throw failure(state.error);
      await hint.next(POLL_MS, signal);
    }
  } finally {
    hint.stop();
  }
  signal.throwIfAborted();
  throw new AppError('prediction_timeout', {
    detail: `No worker answered within ${WAIT_MS / 1000} s; GET /v1/workers shows what they do`,
  });
}

/** A code of the catalog was meant for the caller; anything else is a fault whose text is for the log. */
function failure({ code, message }: { code: string; message: string }): AppError {
  if (Object.hasOwn(errorCatalog, code) && code !== 'internal') {
    return new AppError(code as ErrorCode, { detail: message });
  }
  return new AppError('internal', {
    detail: 'The worker could not use this model; its log has the cause',
    cause: new Error(`${code}: ${message}`),
  });
}
