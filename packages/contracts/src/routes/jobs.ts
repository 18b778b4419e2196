import { z } from 'zod';
import { JobId } from '../ids.js';
import { CreateJob, Job, JobPage, JobPlan, ListJobsQuery, PlanJob } from '../job.js';
import { ForkJob } from '../job-fork.js';
import { CancelJob, NoOptions, SteeredJobs, SteerJobs, UpdateJob } from '../job-steering.js';
import type { RouteContract } from './contract.js';

const jobParams = z.strictObject({ jobId: JobId });

const exampleRecipe = {
  dataset: 'ds_01m84fwk6s24v8p1t5yw4errvq',
  preset: 'fashion-cnn',
  epochs: 5,
  optimizer: { kind: 'adam', learningRate: 0.001 },
};

/** Submitting jobs and steering them. */
export const jobRoutes = {
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
  updateJob: {
    method: 'PATCH',
    path: '/v1/jobs/{jobId}',
    tag: 'jobs',
    summary:
      'Change name, labels, priority or the limit of time; a worker takes the limit when it starts the job',
    params: jobParams,
    body: UpdateJob,
    example: { priority: 10, maxMinutes: 30 },
    response: { status: 200, body: Job },
    errors: ['job_not_found', 'conflict'],
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
  pauseJob: {
    method: 'POST',
    path: '/v1/jobs/{jobId}/pause',
    tag: 'jobs',
    summary: 'Stop a job at its next step with a checkpoint and keep it until it is resumed',
    params: jobParams,
    body: NoOptions,
    example: {},
    response: { status: 202, body: Job },
    errors: ['job_not_found', 'illegal_transition'],
  },
  resumeJob: {
    method: 'POST',
    path: '/v1/jobs/{jobId}/resume',
    tag: 'jobs',
    summary: 'Go on with a paused job from its last checkpoint, bit for bit as if it had not been paused',
    params: jobParams,
    body: NoOptions,
    example: {},
    response: { status: 202, body: Job },
    errors: ['job_not_found', 'illegal_transition'],
  },
  forkJob: {
    method: 'POST',
    path: '/v1/jobs/{jobId}/fork',
    tag: 'jobs',
    summary: 'Submit a new job that begins with a checkpoint of this one, under a changed recipe',
    params: jobParams,
    body: ForkJob,
    example: { recipe: { epochs: 20, optimizer: { kind: 'adam', learningRate: 0.0001 } } },
    response: { status: 201, body: Job },
    errors: [
      'job_not_found',
      'checkpoint_not_found',
      'conflict',
      'dataset_not_found',
      'dataset_not_ready',
      'recipe_invalid',
      'engine_unavailable',
    ],
  },
  steerJobs: {
    method: 'POST',
    path: '/v1/jobs/steer',
    tag: 'jobs',
    summary: 'Cancel, pause or resume many jobs at once',
    body: SteerJobs,
    example: { verb: 'cancel', jobs: { status: ['queued'], labels: { sweep: 'night' } } },
    response: { status: 200, body: SteeredJobs },
    errors: [],
  },
} as const satisfies Record<string, RouteContract>;
