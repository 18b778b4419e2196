import { join } from 'node:path';
import type { Model, TestTimeChoice } from '@ravine/contracts';
import type { Database, EvaluationTarget, PredictionClaim } from '@ravine/database';
import type { DeliveryHandler, Outcome } from '@ravine/queue';
import { StorageError } from '@ravine/storage';
import { type ResolvedRecipe, TestTimeAugmentation } from '@ravine/training';
import { ChildEnded } from '../child/host.js';
import type { PredictModel } from '../child/protocol.js';
import { fetchDataset } from '../jobs/prepare.js';
import type { WorkerContext } from '../parts.js';
import { withRetry } from '../retry.js';
import { isTransient } from '../transient.js';
import { belongsElsewhere } from './elsewhere.js';
import { PredictRefused, type PredictRequest } from './predictor.js';

type Finished = Parameters<Database['predictions']['finish']>[1];

/** Somebody waits for the answer: a later one helps nobody. */
const patience = { retryable: isTransient, maxMs: 10_000 };
const ELSEWHERE_MS = 200;
/** Whoever asked for an evaluation waits no longer. */
const EVALUATION_MS = 4 * 60_000;

/** Classifies the images of a prediction, if nobody has yet. */
export function createPredictHandler(context: WorkerContext): DeliveryHandler {
  const { database, workerId, log } = context;
  return async ({ id }): Promise<Outcome> => {
    if (await belongsElsewhere(context)) return { retryInMs: ELSEWHERE_MS };
    const claim = await withRetry(() => database.predictions.claim(id, workerId), patience);
    if (!claim) return 'done';
    const finished = await answer(claim, context);
    if ('error' in finished) log.warn({ prediction: id, error: finished.error }, 'prediction refused');
    await withRetry(() => database.predictions.finish(id, finished), patience);
    return 'done';
  };
}

async function answer(claim: PredictionClaim, context: WorkerContext): Promise<Finished> {
  const started = performance.now();
  try {
    const answer = await context.workspace.lend('predict', async (folder) =>
      askTwice(await requestOf(claim, folder, context), context),
    );
    const seconds = (performance.now() - started) / 1000;
    if (answer.type === 'evaluated') return { evaluation: answer.evaluation, seconds };
    return { results: answer.results, seconds };
  } catch (error) {
    return { error: errorOf(error) };
  }
}

/** The process is shared and may have been ended by the system or by another request: a new one gets a second try. */
async function askTwice(request: PredictRequest, { predictor, log }: WorkerContext) {
  try {
    return await predictor.ask(request);
  } catch (err) {
    if (!(err instanceof ChildEnded)) throw err;
    log.warn(
      { models: request.members.map(({ model }) => model.id), err },
      'the prediction process ended; a new one is asked',
    );
    return await predictor.ask(request);
  }
}

async function requestOf(
  claim: PredictionClaim,
  folder: string,
  context: WorkerContext,
): Promise<PredictRequest> {
  const { settings } = context;
  const shared = {
    members: await Promise.all(
      claim.members.map(async ({ model, weight }) => ({
        model: await modelOf(model, claim, context),
        weight,
      })),
    ),
    combination: claim.combination,
    topK: claim.topK,
    device: deviceFor(context),
    threads: Math.max(1, Math.floor(settings.threads / 2)),
  };
  const { target } = claim;
  return target
    ? { type: 'evaluate', ...shared, ...(await splitOf(target, claim.project, context)) }
    : { type: 'predict', ...shared, images: await imagesOf(claim, folder, context) };
}

const imagesOf = ({ images }: PredictionClaim, folder: string, { storage }: WorkerContext) =>
  Promise.all(
    images.map(async ({ fileName, key }, i) => {
      const path = join(folder, String(i));
      await storage.copyToFile(key, path);
      return { fileName, path };
    }),
  );

/** The dataset, with local copies of the blobs of one split. */
async function splitOf(
  { datasetId, split }: EvaluationTarget,
  project: string,
  { cache, database }: WorkerContext,
) {
  const dataset = await database.datasets.get(project, datasetId);
  const manifest = dataset?.manifest;
  const packed = manifest?.splits[split];
  if (!manifest || !packed)
    throw new PredictRefused('dataset_not_found', `the dataset ${datasetId} or its split ${split} is gone`);
  const signal = AbortSignal.timeout(EVALUATION_MS);
  return {
    manifest,
    split,
    files: await fetchDataset({ ...manifest, splits: { [split]: packed } }, cache, signal),
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
