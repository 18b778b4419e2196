import { readFile } from 'node:fs/promises';
import type { Prediction } from '@ravine/contracts';
import { DatasetError, preprocess } from '@ravine/datasets';
import { createOutputMean, EngineError, rank, SafetensorsError, viewLogits } from '@ravine/training';
import { openChannel } from './channel.js';
import { evaluateTogether } from './evaluate.js';
import { openModel, viewsOf } from './model-session.js';
import type { FromChild, PredictModel, ToChild } from './protocol.js';
import { createSessionCache, type SessionCache } from './session-cache.js';

/** Sessions that are kept ready; each holds one model's weights. */
const KEPT_MODELS = 4;
const BATCH = 16;

type Message = ToChild<'predict'>;
type Request = Extract<Message, { type: 'predict' }>;
type Result = Prediction['results'][number];

/**
 * Answers until this process is ended: images in the order in which they come; evaluations, which take long and open
 * sessions of their own, beside them.
 */
export async function predictOnRequest(): Promise<void> {
  const channel = openChannel('predict');
  const sessions = createSessionCache(KEPT_MODELS);
  let tail = Promise.resolve();
  channel.onMessage((message) => {
    const { requestId } = message;
    if (message.type === 'evaluate') {
      const evaluate = async () =>
        ({ type: 'evaluated', requestId, evaluation: await evaluateTogether(message) }) as const;
      void answer(requestId, evaluate).then(channel.send);
      return;
    }
    const predict = async () =>
      ({ type: 'predicted', requestId, results: await classify(message, sessions) }) as const;
    tail = tail.then(async () => channel.send(await answer(requestId, predict)));
  });
}

async function answer(
  requestId: string,
  work: () => Promise<FromChild<'predict'>>,
): Promise<FromChild<'predict'>> {
  try {
    return await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { type: 'refused', requestId, code: codeOf(error), message };
  }
}

function codeOf(error: unknown): string {
  if (error instanceof EngineError) return error.code;
  return error instanceof SafetensorsError || error instanceof DatasetError ? 'content_damaged' : 'internal';
}

type Read = { fileName: string; pixels: Uint8Array | null; error: Result['error'] };

/** An image that cannot be used gets an error of its own; the others are classified. */
async function classify(request: Request, sessions: SessionCache): Promise<Result[]> {
  const { members, images, topK } = request;
  const names = members[0]?.model.classes ?? [];
  const read = new Map<string, Read[]>(); // models of one fit see the same pixels
  for (const { model } of members)
    if (!read.has(model.input.fit)) read.set(model.input.fit, await readImages(images, model.input));
  const [some = []] = read.values(); // an image that one fit cannot use, none can
  const count = some.filter(({ pixels }) => pixels !== null).length;
  const mean = createOutputMean(request.combination, count, names.length);
  if (count > 0)
    for (const { model, weight } of members)
      mean.add(await outputsOf(model, read.get(model.input.fit) ?? [], request, sessions), weight);
  const logits = mean.logits();
  let row = 0;
  return some.map(({ fileName, pixels, error }) => {
    if (pixels === null) return { fileName, classes: null, error };
    const best = rank(logits.subarray(row * names.length, ++row * names.length), topK);
    const classes = best.classes.map((label, i) => ({
      label,
      class: names[label] ?? String(label),
      probability: best.probabilities[i] ?? 0,
    }));
    return { fileName, classes, error };
  });
}

async function readImages(images: Request['images'], input: PredictModel['input']): Promise<Read[]> {
  const { height, width, channels, fit } = input;
  const shape = { height, width, channels: channels === 1 ? 1 : 3, fit } as const;
  const all: Read[] = [];
  for (let first = 0; first < images.length; first += BATCH)
    all.push(
      ...(await Promise.all(
        images.slice(first, first + BATCH).map(async ({ fileName, path }) => {
          try {
            return { fileName, pixels: await preprocess(await readFile(path), shape), error: null };
          } catch (error) {
            if (!(error instanceof DatasetError)) throw error;
            return { fileName, pixels: null, error: { code: error.code, message: error.message } };
          }
        }),
      )),
    );
  return all;
}

/** Outputs of one model for the images that can be used, averaged over its views. */
async function outputsOf(
  model: PredictModel,
  images: Read[],
  request: Request,
  sessions: SessionCache,
): Promise<Float64Array> {
  const session = await sessions.get(`${model.id}@${request.device}`, () => openModel(model, {}, request));
  const good = images.flatMap(({ pixels }) => (pixels ? [pixels] : []));
  const settings = { ...viewsOf(model), classes: model.classes.length, batchSize: BATCH };
  // Every image is looked at with the draws of sample 0: its answer does not depend on what is sent with it.
  const samples = new Int32Array(good.length);
  return viewLogits(session, { pixels: Buffer.concat(good), count: good.length }, samples, settings);
}
