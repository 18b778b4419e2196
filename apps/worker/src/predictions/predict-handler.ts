import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model, TestTimeChoice } from '@ravine/contracts';
import type { Database, PredictionClaim } from '@ravine/database';
import type { DeliveryHandler, Outcome } from '@ravine/queue';
import { StorageError } from '@ravine/storage';
import { type ResolvedRecipe, TestTimeAugmentation } from '@ravine/training';
import { ChildEnded } from '../child/host.js';
import type { PredictModel } from '../child/protocol.js';
import { belongsElsewhere } from '../elsewhere.js';
import type { WorkerContext } from '../parts.js';
import { withRetry } from '../retry.js';
import { isTransient } from '../transient.js';
import { PredictRefused, type PredictRequest } from './predictor.js';

type Finished = Parameters<Database['predictions']['finish']>[1];

/** Somebody waits for the answer: a later one helps nobody. */
const PATIENCE_MS = 10_000;
const ELSEWHERE_MS = 200;

/** Classifies the images of a prediction, if nobody has yet. */
export function createPredictHandler(context: WorkerContext): DeliveryHandler {
  const { database, workerId, workspace, log } = context;
  return async ({ id }): Promise<Outcome> => {
    if (await belongsElsewhere('cpu', context)) return { retryInMs: ELSEWHERE_MS };
    const claim = await database.predictions.claim(id, workerId);
    if (!claim) return 'done';
    const folder = await workspace.create('predict');
    try {
      const finished = await answer(claim, folder, context);
      if ('error' in finished) log.warn({ prediction: id, error: finished.error }, 'prediction refused');
      await withRetry(() => database.predictions.finish(id, finished), {
        retryable: isTransient,
        maxMs: PATIENCE_MS,
      });
      return 'done';
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

async function answer(claim: PredictionClaim, folder: string, context: WorkerContext): Promise<Finished> {
  const started = performance.now();
  try {
    const results = await predictTwice(await requestOf(claim, folder, context), context);
    return { results, seconds: (performance.now() - started) / 1000 };
  } catch (error) {
    return { error: errorOf(error) };
  }
}

/** The process is shared and may have been ended by the system or by another request: a new one gets a second try. */
async function predictTwice(request: PredictRequest, { predictor, log }: WorkerContext) {
  try {
    return await predictor.predict(request);
  } catch (err) {
    if (!(err instanceof ChildEnded)) throw err;
    log.warn(
      { models: request.members.map(({ model }) => model.id), err },
      'the prediction process ended; a new one is asked',
    );
    return await predictor.predict(request);
  }
}

async function requestOf(
  claim: PredictionClaim,
  folder: string,
  context: WorkerContext,
): Promise<PredictRequest> {
  const { storage, settings } = context;
  const images = await Promise.all(
    claim.images.map(async ({ fileName, key }, i) => {
      const path = join(folder, String(i));
      await storage.copyToFile(key, path);
      return { fileName, path };
    }),
  );
  return {
    members: await Promise.all(
      claim.members.map(async ({ model, weight }) => ({
        model: await modelOf(model, claim, context),
        weight,
      })),
    ),
    combination: claim.combination,
    images,
    topK: claim.topK,
    device: deviceFor(context),
    threads: Math.max(1, Math.floor(settings.threads / 2)),
  };
}

async function modelOf(
  model: Model,
  { project, testTimeAugmentation }: PredictionClaim,
  { cache, database }: WorkerContext,
): Promise<PredictModel> {
  const job = await database.jobs.get(project, model.jobId);
  if (!job) throw new PredictRefused('model_not_found', `the job of the model ${model.id} is gone`);
  return {
    id: model.id,
    recipe: job.recipe,
    classes: model.classes,
    input: model.input,
    precision: 'fp32', // the same answer on every machine
    testTimeAugmentation: viewsOf(testTimeAugmentation, job.recipe),
    weights: await cache.fetch(model.sha256),
  };
}

const viewsOf = (choice: TestTimeChoice, recipe: ResolvedRecipe): TestTimeAugmentation | null => {
  if (choice === 'none') return null;
  return choice === 'recipe' ? recipe.testTimeAugmentation : TestTimeAugmentation.parse({ kind: choice });
};

/** A GPU where there is one, else the CPU. */
function deviceFor({ engines }: WorkerContext): string {
  const engine = engines.find(({ available }) => available);
  const device = engine?.devices.find(({ kind }) => kind === 'cuda') ?? engine?.devices[0];
  if (device) return device.id;
  throw new PredictRefused('engine_unavailable', engines[0]?.reason ?? 'this worker has no engine');
}

function errorOf(error: unknown): { code: string; message: string } {
  if (error instanceof PredictRefused) return { code: error.code, message: error.message };
  if (error instanceof ChildEnded) {
    const output = error.exit.stderr.at(-1);
    return { code: 'internal', message: output ? `${error.message}: ${output}` : error.message };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof StorageError)) return { code: 'internal', message };
  return { code: error.retryable ? 'service_unavailable' : 'content_damaged', message };
}
