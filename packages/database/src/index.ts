export type { Artifacts, NewArtifact } from './artifacts.js';
export type { CheckpointRole, Checkpoints, NewCheckpoint } from './checkpoints.js';
export { type Database, type DatabaseOptions, openDatabase } from './database.js';
export type { DatasetIngest, IngestClaim, IngestEnd } from './dataset-ingest.js';
export type { StoredDataset, Upload } from './dataset-row.js';
export type { Datasets, NewDataset } from './datasets.js';
export { databaseEnvironment } from './environment.js';
export type { Evaluations } from './evaluations.js';
export type { Events, NewEvent } from './events.js';
export { StaleAttempt } from './fence.js';
export type { Groups, NewGroup } from './groups.js';
export type { Begun, Idempotency, KeptAnswer } from './idempotency.js';
export type { JobAttempts, JobClaim, JobEnd, JobWish } from './job-attempts.js';
export type { JobRequest, JobRequests, Steered } from './job-requests.js';
export { type Fork, IllegalMove, type TrainQueue } from './job-row.js';
export type { JobSweep, Undelivered } from './job-sweep.js';
export type { Jobs, NewJob } from './jobs.js';
export type { Channel } from './listen.js';
export type { Logs, LogsRead, NewLine } from './logs.js';
export type { MetricColumns, MetricsRead, MetricsStore } from './metrics.js';
export { migrate } from './migrate/migrate.js';
export type { Models, NewModel } from './models.js';
export type {
  EvaluationTarget,
  NewPrediction,
  PredictionClaim,
  PredictionError,
  PredictionImage,
  PredictionState,
  Predictions,
} from './predictions.js';
export type { NewWorker, Workers } from './workers.js';
