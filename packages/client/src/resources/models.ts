import type { Combination, TestTimeChoice } from '@ravine/contracts';
import type { FileSource } from '../multipart.js';
import { itemsOf } from '../pages.js';
import type { BodyOf, CallOptions, QueryOf, Transport } from '../transport.js';

export interface EnsembleInput {
  /** Ids of models with the same classes and input size. */
  models: readonly string[];
  /** One for each; default equal. They are divided by their sum. */
  weights?: readonly number[] | undefined;
  combination?: Combination | undefined;
  testTimeAugmentation?: TestTimeChoice | undefined;
  topK?: number | undefined;
}

/** A little longer than the service waits for its worker. */
const EVALUATION_MS = 270_000;

export function createModels({ json, raw }: Transport) {
  const list = (query: QueryOf<'listModels'> = {}, call?: CallOptions) => json('listModels', { query }, call);
  return {
    /** Makes a model of a checkpoint, or of the best checkpoint of a job. */
    create: (body: BodyOf<'createModel'>, call?: CallOptions) => json('createModel', { body }, call),
    list,
    all: (query: QueryOf<'listModels'> = {}, call?: CallOptions) =>
      itemsOf((cursor) => list({ ...query, cursor: cursor ?? query.cursor }, call)),
    get: (modelId: string, call?: CallOptions) => json('getModel', { params: { modelId } }, call),
    /** The weights as safetensors. */
    download: (modelId: string, call?: CallOptions) => raw('downloadModel', { params: { modelId } }, call),
    /** One result per image, in order. */
    predict: (
      modelId: string,
      files: readonly FileSource[],
      query: QueryOf<'predict'> = {},
      call?: CallOptions,
    ) => json('predict', { params: { modelId }, query, files }, call),
    /** The same of several models that answer as one. */
    predictTogether: (
      { models, weights, ...options }: EnsembleInput,
      files: readonly FileSource[],
      call?: CallOptions,
    ) => {
      const text = Object.entries(options).filter(([, value]) => value !== undefined);
      const fields = {
        models: JSON.stringify(models),
        ...(weights ? { weights: JSON.stringify(weights) } : {}),
        ...Object.fromEntries(text.map(([name, value]) => [name, String(value)])),
      };
      return json('predictEnsemble', { fields, files }, call);
    },
    /** How well models do together on a split of a dataset; may take minutes. */
    evaluateTogether: (body: BodyOf<'evaluateEnsemble'>, call?: CallOptions) =>
      json('evaluateEnsemble', { body }, { timeoutMs: EVALUATION_MS, retries: 0, ...call }),
  };
}
