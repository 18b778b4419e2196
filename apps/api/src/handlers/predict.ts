import { AppError, newId, type Prediction } from '@ravine/contracts';
import type { Context, HandlersOf } from '../contract.js';
import type { Services } from '../services.js';
import { requirePredictor } from './engine-choice.js';
import { findModel } from './models.js';

const WAIT_MS = 30_000;
/** The hint may be lost; a prediction is quick, so the row is looked at often. */
const POLL_MS = 500;

export function createPredictHandlers(services: Services): HandlersOf<'predict'> {
  const { database, queues, blobs, wakeups } = services;
  return {
    async predict({ params: { modelId }, query: { topK }, files }, context) {
      const model = await findModel(services, context, modelId);
      requirePredictor(await database.workers.list());
      const began = performance.now();
      const id = newId('pred');
      const hint = wakeups.watch(id);
      try {
        const images = files.map(({ name, key }) => ({ fileName: name, key }));
        await database.predictions.create({
          id,
          modelId,
          images,
          topK: Math.min(topK, model.classes.length),
        });
        await queues.enqueue('predict', id);
        const results = await answerOf(services, context, id, hint);
        return { object: 'prediction', modelId, results, seconds: (performance.now() - began) / 1000 };
      } finally {
        hint.stop();
        await database.predictions
          .remove(id)
          .catch((err) => context.log.warn({ err, id }, 'prediction row stays'));
        await blobs.discard(
          files.map(({ key }) => key),
          context.log,
        );
      }
    },
  };
}

/** Waits for the worker; the row is the truth, the hint only shortens the wait. */
async function answerOf(
  { database }: Services,
  { signal }: Context,
  id: string,
  hint: { next(ms: number, signal: AbortSignal): Promise<void> },
): Promise<Prediction['results']> {
  const deadline = Date.now() + WAIT_MS;
  while (Date.now() < deadline && !signal.aborted) {
    const row = await database.predictions.get(id);
    if (row?.status === 'done' && row.results) return row.results;
    if (row?.status === 'failed') throw new AppError('internal', { detail: row.error?.message ?? 'unknown' });
    await hint.next(POLL_MS, signal);
  }
  throw new AppError('prediction_timeout', {
    detail: `No worker answered within ${WAIT_MS / 1000} s; GET /v1/workers shows what they do`,
  });
}
