import { AppError, type ErrorCode, errorCatalog } from '@ravine/contracts';
import type { NewPrediction, PredictionState } from '@ravine/database';
import type { Context } from '../contract.js';
import type { Services } from '../services.js';
import { requirePredictor } from './engine-choice.js';

/** The hint may be lost; most answers are quick, so the row is looked at often. */
const POLL_MS = 500;

/** What a worker answered, and how long that took. */
export interface Answered {
  state: PredictionState;
  seconds: number;
}

/** Hands a question about models to a worker and waits for its answer; the row goes afterwards. */
export async function askWorker(
  services: Services,
  context: Context,
  question: NewPrediction,
  waitMs: number,
): Promise<Answered> {
  const { database, queues, blobs } = services;
  const { project, log } = context;
  requirePredictor(await database.workers.list());
  const began = performance.now();
  const id = await database.predictions.create(project, question);
  try {
    await blobs.requireStored(question.images.map(({ key }) => key));
    await queues.enqueue('predict', id);
    const state = await answerOf(services, context, id, waitMs);
    return { state, seconds: (performance.now() - began) / 1000 };
  } finally {
    await database.predictions
      .remove(project, id)
      .catch((err) => log.warn({ err, id }, 'prediction row stays until it expires'));
  }
}

/** Waits for the worker; the row is the truth, the hint only shortens the wait. */
async function answerOf(
  { database, wakeups }: Services,
  { project, signal }: Context,
  id: string,
  waitMs: number,
): Promise<PredictionState> {
  const deadline = Date.now() + waitMs;
  const hint = wakeups.watch(id);
  try {
    while (Date.now() < deadline && !signal.aborted) {
      const state = await database.predictions.get(project, id);
      if (state?.error) throw failure(state.error);
      if (state?.results || state?.evaluation) return state;
      await hint.next(POLL_MS, signal);
    }
  } finally {
    hint.stop();
  }
  signal.throwIfAborted();
  throw new AppError('prediction_timeout', {
    detail: `No worker answered within ${waitMs / 1000} s; GET /v1/workers shows what they do`,
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
