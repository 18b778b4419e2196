import { z } from 'zod';
import { ArtifactList, CheckpointList } from '../checkpoint.js';
import { Evaluation } from '../evaluation.js';
import { EventList, EventsQuery } from '../event.js';
import { ArtifactId, CheckpointId, JobId } from '../ids.js';
import { Lineage } from '../lineage.js';
import { LogList, LogsQuery } from '../log.js';
import { Metrics, MetricsQuery, RangeTest } from '../metrics.js';
import type { RouteContract } from './contract.js';

const jobParams = z.strictObject({ jobId: JobId });

/** Following a job and what it leaves behind. */
export const jobResultRoutes = {
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
  getRangeTest: {
    method: 'GET',
    path: '/v1/jobs/{jobId}/range-test',
    tag: 'jobs',
    summary: 'Learning rates that the losses of a range test suggest',
    params: jobParams,
    response: { status: 200, body: RangeTest },
    errors: ['job_not_found', 'conflict'],
  },
  listEvents: {
    method: 'GET',
    path: '/v1/jobs/{jobId}/events',
    tag: 'jobs',
    summary:
      'Events; long-poll with wait, or Server-Sent Events with Accept: text/event-stream and Last-Event-ID',
    params: jobParams,
    query: EventsQuery,
    response: { status: 200, body: EventList, streams: true },
    errors: ['job_not_found'],
  },
  listLogs: {
    method: 'GET',
    path: '/v1/jobs/{jobId}/logs',
    tag: 'jobs',
    summary: 'The log: events, the worker and the output of the training process; follow it like events',
    params: jobParams,
    query: LogsQuery,
    response: { status: 200, body: LogList, streams: true },
    errors: ['job_not_found'],
  },
  getLineage: {
    method: 'GET',
    path: '/v1/jobs/{jobId}/lineage',
    tag: 'jobs',
    summary: 'How the weights came to be: attempts, what each went on from, checkpoints and their digests',
    params: jobParams,
    response: { status: 200, body: Lineage },
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
} as const satisfies Record<string, RouteContract>;
