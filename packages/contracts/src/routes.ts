import { z } from 'zod';
import { ArtifactList, CheckpointList } from './checkpoint.js';
import {
  CreateDataset,
  Dataset,
  DatasetPage,
  ListDatasetsQuery,
  SampleList,
  SamplesQuery,
  SplitName,
} from './dataset.js';
import type { ErrorCode } from './errors.js';
import { Evaluation } from './evaluation.js';
import { EventList, EventsQuery } from './event.js';
import { ArtifactId, CheckpointId, DatasetId, JobId, ModelId, WorkerId } from './ids.js';
import { CancelJob, CreateJob, Job, JobPage, JobPlan, ListJobsQuery, PlanJob } from './job.js';
import { Metrics, MetricsQuery } from './metrics.js';
import { CreateModel, ListModelsQuery, Model, ModelPage, Prediction, PredictQuery } from './model.js';
import { wholeNumber } from './number.js';
import { Catalog, Health, Readiness, Worker, WorkerList } from './service.js';

/** One HTTP route. The server mounts it, the client calls it, OpenAPI and the tests of bad input are made from it. */
export interface RouteContract {
  method: 'GET' | 'POST' | 'DELETE';
  /** `{name}` marks a path parameter; each is described in `params`. */
  path: string;
  summary: string;
  tag: 'datasets' | 'jobs' | 'models' | 'catalog' | 'service';
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** JSON body, or the text fields of a multipart body. */
  body?: z.ZodType;
  /** A body that is right, for the documentation. */
  example?: object;
  /** Multipart upload: how many file parts called `file` may come. */
  files?: { minimum: number; maximum: number; description: string };
  /** Success answer: a schema for JSON, a content type for bytes. */
  response: { status: 200 | 201 | 202 | 204; body?: z.ZodType; contentType?: string };
  errors: readonly ErrorCode[];
  /** Open without an API key. */
  public?: true;
}

const datasetParams = z.strictObject({ datasetId: DatasetId });
const jobParams = z.strictObject({ jobId: JobId });
const modelParams = z.strictObject({ modelId: ModelId });

const exampleRecipe = {
  dataset: 'ds_01m84fwk6s24v8p1t5yw4errvq',
  preset: 'fashion-cnn',
  epochs: 5,
  optimizer: { kind: 'adam', learningRate: 0.001 },
};

export const routes = {
  createDataset: {
    method: 'POST',
    path: '/v1/datasets',
    tag: 'datasets',
    summary: 'Upload a dataset: a zip, tar or tar.gz of class folders, or IDX files',
    body: CreateDataset,
    files: {
      minimum: 1,
      maximum: 4,
      description: 'One archive, or 2 or 4 IDX files (images and labels of train, and of test)',
    },
    response: { status: 202, body: Dataset },
    errors: ['payload_too_large', 'unsupported_media_type', 'storage_full'],
  },
  listDatasets: {
    method: 'GET',
    path: '/v1/datasets',
    tag: 'datasets',
    summary: 'List datasets, newest first',
    query: ListDatasetsQuery,
    response: { status: 200, body: DatasetPage },
    errors: [],
  },
  getDataset: {
    method: 'GET',
    path: '/v1/datasets/{datasetId}',
    tag: 'datasets',
    summary: 'Get a dataset with its ingest report',
    params: datasetParams,
    response: { status: 200, body: Dataset },
    errors: ['dataset_not_found'],
  },
  deleteDataset: {
    method: 'DELETE',
    path: '/v1/datasets/{datasetId}',
    tag: 'datasets',
    summary: 'Delete a dataset that no job names',
    params: datasetParams,
    response: { status: 204 },
    errors: ['dataset_not_found', 'dataset_in_use', 'conflict'],
  },
  listSamples: {
    method: 'GET',
    path: '/v1/datasets/{datasetId}/samples',
    tag: 'datasets',
    summary: 'List samples of a split',
    params: datasetParams,
    query: SamplesQuery,
    response: { status: 200, body: SampleList },
    errors: ['dataset_not_found', 'dataset_not_ready'],
  },
  getSample: {
    method: 'GET',
    path: '/v1/datasets/{datasetId}/samples/{split}/{index}',
    tag: 'datasets',
    summary: 'One packed sample as PNG',
    params: datasetParams.extend({ split: SplitName, index: wholeNumber(z.int().min(0)) }),
    response: { status: 200, contentType: 'image/png' },
    errors: ['dataset_not_found', 'dataset_not_ready', 'sample_not_found'],
  },
  planJob: {
    method: 'POST',
    path: '/v1/jobs/plan',
    tag: 'jobs',
    summary:
      'What a job would do: resolved recipe, learning-rate curve, layers, memory, warnings. Creates nothing',
    body: PlanJob,
    example: { recipe: exampleRecipe },
    response: { status: 200, body: JobPlan },
    errors: ['dataset_not_found', 'dataset_not_ready', 'recipe_invalid'],
  },
  createJob: {
    method: 'POST',
    path: '/v1/jobs',
    tag: 'jobs',
    summary: 'Submit a training job',
    body: CreateJob,
    example: { name: 'first run', recipe: exampleRecipe },
    response: { status: 201, body: Job },
    errors: ['dataset_not_found', 'dataset_not_ready', 'recipe_invalid', 'engine_unavailable'],
  },
  listJobs: {
    method: 'GET',
    path: '/v1/jobs',
    tag: 'jobs',
    summary: 'List jobs, newest first',
    query: ListJobsQuery,
    response: { status: 200, body: JobPage },
    errors: [],
  },
  getJob: {
    method: 'GET',
    path: '/v1/jobs/{jobId}',
    tag: 'jobs',
    summary: 'Get a job',
    params: jobParams,
    response: { status: 200, body: Job },
    errors: ['job_not_found'],
  },
  cancelJob: {
    method: 'POST',
    path: '/v1/jobs/{jobId}/cancel',
    tag: 'jobs',
    summary: 'Cancel a job; a second request is a no-op',
    params: jobParams,
    body: CancelJob,
    example: { mode: 'graceful' },
    response: { status: 202, body: Job },
    errors: ['job_not_found', 'illegal_transition'],
  },
  getMetrics: {
    method: 'GET',
    path: '/v1/jobs/{jobId}/metrics',
    tag: 'jobs',
    summary: 'Metric series as columns',
    params: jobParams,
    query: MetricsQuery,
    response: { status: 200, body: Metrics },
    errors: ['job_not_found'],
  },
  listEvents: {
    method: 'GET',
    path: '/v1/jobs/{jobId}/events',
    tag: 'jobs',
    summary:
      'Events; long-poll with wait, or Server-Sent Events with Accept: text/event-stream and Last-Event-ID',
    params: jobParams,
    query: EventsQuery,
    response: { status: 200, body: EventList },
    errors: ['job_not_found'],
  },
  listCheckpoints: {
    method: 'GET',
    path: '/v1/jobs/{jobId}/checkpoints',
    tag: 'jobs',
    summary: 'List checkpoints of a job',
    params: jobParams,
    response: { status: 200, body: CheckpointList },
    errors: ['job_not_found'],
  },
  downloadCheckpoint: {
    method: 'GET',
    path: '/v1/jobs/{jobId}/checkpoints/{checkpointId}/content',
    tag: 'jobs',
    summary: 'Download a checkpoint (safetensors)',
    params: jobParams.extend({ checkpointId: CheckpointId }),
    response: { status: 200, contentType: 'application/octet-stream' },
    errors: ['job_not_found', 'checkpoint_not_found', 'range_not_satisfiable'],
  },
  listArtifacts: {
    method: 'GET',
    path: '/v1/jobs/{jobId}/artifacts',
    tag: 'jobs',
    summary: 'List artifacts of a job',
    params: jobParams,
    response: { status: 200, body: ArtifactList },
    errors: ['job_not_found'],
  },
  downloadArtifact: {
    method: 'GET',
    path: '/v1/jobs/{jobId}/artifacts/{artifactId}/content',
    tag: 'jobs',
    summary: 'Download an artifact',
    params: jobParams.extend({ artifactId: ArtifactId }),
    response: { status: 200, contentType: 'application/octet-stream' },
    errors: ['job_not_found', 'artifact_not_found', 'range_not_satisfiable'],
  },
  getEvaluation: {
    method: 'GET',
    path: '/v1/jobs/{jobId}/evaluation',
    tag: 'jobs',
    summary: 'Confusion matrix, per-class precision, recall, F1 and support, top-k',
    params: jobParams,
    response: { status: 200, body: Evaluation },
    errors: ['job_not_found', 'evaluation_not_found'],
  },
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
  getCatalog: {
    method: 'GET',
    path: '/v1/catalog',
    tag: 'catalog',
    summary: 'Every optimizer, schedule, loss, architecture, augmentation and preset with its JSON schema',
    response: { status: 200, body: Catalog },
    errors: [],
  },
  listWorkers: {
    method: 'GET',
    path: '/v1/workers',
    tag: 'service',
    summary: 'Workers, their engines and devices',
    response: { status: 200, body: WorkerList },
    errors: [],
  },
  getWorker: {
    method: 'GET',
    path: '/v1/workers/{workerId}',
    tag: 'service',
    summary: 'Get a worker',
    params: z.strictObject({ workerId: WorkerId }),
    response: { status: 200, body: Worker },
    errors: ['worker_not_found'],
  },
  getHealth: {
    method: 'GET',
    path: '/healthz',
    tag: 'service',
    summary: 'The process answers',
    response: { status: 200, body: Health },
    errors: [],
    public: true,
  },
  getReadiness: {
    method: 'GET',
    path: '/readyz',
    tag: 'service',
    summary: 'Each part that jobs need, with what to do when it is down (503 when unavailable)',
    response: { status: 200, body: Readiness },
    errors: [],
    public: true,
  },
} as const satisfies Record<string, RouteContract>;

export type Routes = typeof routes;
export type RouteName = keyof Routes;
