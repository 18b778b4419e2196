import { AppError, type ErrorCode, errorCatalog, type Prediction } from '@ravine/contracts';
import type { Context, HandlersOf } from '../contract.js';
import type { Services } from '../services.js';
import { requirePredictor } from './engine-choice.js';
import { findModel } from './models.js';

const WAIT_MS = 30_000;
/** The hint may be lost; a prediction is quick, so the row is looked at often. */
const POLL_MS = 500;

export function createPredictHandlers(services: Services): HandlersOf<'predict'> {
  const { database, queues } = services;
  return {
    async predict({ params: { modelId }, query, files }, context) {
      const { project, log } = context;
      const model = await findModel(services, context, modelId);
      requirePredictor(await database.workers.list());
      const began = performance.now();
      const images = files.map(({ name, key }) => ({ fileName: name, key }));
      const topK = Math.min(query.topK, model.classes.length);
      const id = await database.predictions.create(project, { modelId, images, topK });
      try {
        await queues.enqueue('predict', id);
        const results = await answerOf(services, context, id);
        return { object: 'prediction', modelId, results, seconds: (performance.now() - began) / 1000 };
      } finally {
        await database.predictions
          .remove(project, id)
          .catch((err) => log.warn({ err, id }, 'prediction row stays until it expires'));
      }
    },
  };
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
