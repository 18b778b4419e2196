import type { FileSource } from '../multipart.js';
import { itemsOf } from '../pages.js';
import type { BodyOf, CallOptions, QueryOf, Transport } from '../transport.js';

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
  };
}
