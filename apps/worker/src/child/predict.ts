import { readFile } from 'node:fs/promises';
import type { Prediction } from '@ravine/contracts';
import { DatasetError, preprocess } from '@ravine/datasets';
import { loadTorchEngine } from '@ravine/engine-torch';
import {
  compileProgram,
  decodeCheckpoint,
  EngineError,
  modelWeights,
  SafetensorsError,
  type Session,
} from '@ravine/training';
import { openChannel } from './channel.js';
import type { FromChild, PredictModel, ToChild } from './protocol.js';
import { readWhole } from './read-whole.js';
import { createSessionCache } from './session-cache.js';

/** Sessions that are kept ready; each holds one model's weights. */
const KEPT_MODELS = 4;
const BATCH = 16;

type Request = ToChild<'predict'>;
type Result = Prediction['results'][number];

/** Answers requests in the order in which they come, until this process is ended. */
export async function predictOnRequest(): Promise<void> {
  const channel = openChannel('predict');
  const sessions = createSessionCache(KEPT_MODELS);
  let tail = Promise.resolve();
  channel.onMessage((request) => {
    tail = tail.then(async () => channel.send(await answer(request, sessions)));
  });
}

async function answer(
  request: Request,
  sessions: ReturnType<typeof createSessionCache>,
): Promise<FromChild<'predict'>> {
  const { requestId, model } = request;
  try {
    const session = await sessions.get(`${model.id}@${request.device}`, () => openSession(request));
    return { type: 'predicted', requestId, results: await classify(session, request) };
  } catch (error) {
    const code =
      error instanceof EngineError
        ? error.code
        : error instanceof SafetensorsError
          ? 'content_damaged'
          : 'internal';
    return {
      type: 'refused',
      requestId,
      code,
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

async function openSession({ model, device, threads }: Request): Promise<Session> {
  const { engine, reason } = loadTorchEngine();
  if (!engine) throw new EngineError('engine_unavailable', reason);
  const { height, width, channels } = model.input;
  const { tensors } = decodeCheckpoint(await readWhole(model.weights));
  const data = { height, width, channels, classes: model.classes, splits: {} };
  const session = await engine.open(programOf(model), data, { device, threads });
  await session.restore(modelWeights(tensors));
  return session;
}

/** The network of the model; what a recipe says about training alone is of no matter here. */
function programOf({ recipe, input, classes, precision }: PredictModel) {
  return compileProgram(recipe, { id: recipe.dataset, ...input, classes, counts: {} }, precision);
}

/** An image that cannot be used gets an error of its own; the others are classified. */
async function classify(session: Session, { model, images, topK }: Request): Promise<Result[]> {
  const { height, width, channels, fit } = model.input;
  const shape = { height, width, channels: channels === 1 ? 1 : 3, fit } as const;
  const results: Result[] = [];
  for (let first = 0; first < images.length; first += BATCH) {
    const batch = await Promise.all(
      images.slice(first, first + BATCH).map(async ({ fileName, path }) => {
        try {
          return { fileName, pixels: await preprocess(await readFile(path), shape), error: null };
        } catch (error) {
          if (!(error instanceof DatasetError)) throw error;
          return { fileName, pixels: null, error: { code: error.code, message: error.message } };
        }
      }),
    );
    const good = batch.flatMap(({ pixels }) => (pixels ? [pixels] : []));
    const probabilities = good.length > 0 ? await session.predict(Buffer.concat(good), good.length) : null;
    let row = 0;
    for (const { fileName, pixels, error } of batch) {
      const size = model.classes.length;
      const shares = pixels ? probabilities?.subarray(row * size, ++row * size) : undefined;
      results.push({ fileName, classes: shares ? best(shares, model.classes, topK) : null, error });
    }
  }
  return results;
}

/** The most probable classes, best first; equal ones in the order of their labels. */
function best(shares: Float32Array, names: string[], topK: number): NonNullable<Result['classes']> {
  return [...shares]
    .map((probability, label) => ({ label, class: names[label] ?? String(label), probability }))
    .sort((a, b) => b.probability - a.probability || a.label - b.label)
    .slice(0, topK);
}
