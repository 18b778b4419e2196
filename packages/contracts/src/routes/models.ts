import { z } from 'zod';
import { ModelId } from '../ids.js';
import {
  CreateModel,
  EnsembleEvaluation,
  EnsemblePrediction,
  EvaluateEnsemble,
  ListModelsQuery,
  Model,
  ModelPage,
  PredictEnsemble,
  Prediction,
  PredictQuery,
} from '../model.js';
import type { RouteContract } from './contract.js';

const modelParams = z.strictObject({ modelId: ModelId });

/** Models and their answers. */
export const modelRoutes = {
  createModel: {
    method: 'POST',
    path: '/v1/models',
    tag: 'models',
    summary: 'Make a model of a checkpoint',
    body: CreateModel,
    example: { name: 'my classifier', jobId: 'job_01m84fxdg0spkagcy54eefzrfp' },
    response: { status: 201, body: Model },
    errors: ['checkpoint_not_found', 'job_not_found'],
  },
  listModels: {
    method: 'GET',
    path: '/v1/models',
    tag: 'models',
    summary: 'List models, newest first',
    query: ListModelsQuery,
    response: { status: 200, body: ModelPage },
    errors: [],
  },
  getModel: {
    method: 'GET',
    path: '/v1/models/{modelId}',
    tag: 'models',
    summary: 'Get a model',
    params: modelParams,
    response: { status: 200, body: Model },
    errors: ['model_not_found'],
  },
  downloadModel: {
    method: 'GET',
    path: '/v1/models/{modelId}/content',
    tag: 'models',
    summary: 'Download the weights (safetensors)',
    params: modelParams,
    response: { status: 200, contentType: 'application/octet-stream' },
    errors: ['model_not_found', 'range_not_satisfiable'],
  },
  predict: {
    method: 'POST',
    path: '/v1/models/{modelId}/predict',
    tag: 'models',
    summary: 'Classify uploaded images',
    params: modelParams,
    query: PredictQuery,
    files: { minimum: 1, maximum: 64, description: 'JPEG, PNG, WebP, GIF or TIFF images' },
    response: { status: 200, body: Prediction },
    errors: [
      'model_not_found',
      'engine_unavailable',
      'prediction_timeout',
      'payload_too_large',
      'unsupported_media_type',
    ],
  },
  predictEnsemble: {
    method: 'POST',
    path: '/v1/ensembles/predict',
    tag: 'models',
    summary: 'Classify uploaded images with several models that answer as one',
    body: PredictEnsemble,
    files: { minimum: 1, maximum: 64, description: 'JPEG, PNG, WebP, GIF or TIFF images' },
    response: { status: 200, body: EnsemblePrediction },
    errors: [
      'model_not_found',
      'models_incompatible',
      'engine_unavailable',
      'prediction_timeout',
      'payload_too_large',
      'unsupported_media_type',
    ],
  },
  evaluateEnsemble: {
    method: 'POST',
    path: '/v1/ensembles/evaluate',
    tag: 'models',
    summary:
      'Evaluate models that answer as one on a split of a dataset; waits for the result, up to 4 minutes',
    body: EvaluateEnsemble,
    example: {
      models: ['mdl_01m84fxdg0spkagcy54eefzrfp', 'mdl_01m84fxdg0spkagcy54eefzrfq'],
      datasetId: 'ds_01m84fxdg0spkagcy54eefzrfp',
    },
    response: { status: 200, body: EnsembleEvaluation },
    errors: [
      'model_not_found',
      'models_incompatible',
      'dataset_not_found',
      'dataset_not_ready',
      'engine_unavailable',
      'prediction_timeout',
    ],
  },
} as const satisfies Record<string, RouteContract>;
