import {
  AppError,
  datasetFacts,
  type FieldError,
  type Job,
  planTraining,
  type Recipe,
  SpecError,
} from '@ravine/contracts';
import type { NewJob, TrainQueue } from '@ravine/database';
import { deliveryKey } from '@ravine/queue';
import type { FastifyBaseLogger } from 'fastify';
import type { Context, HandlersOf } from '../contract.js';
import { pointerOf } from '../http/field-errors.js';
import type { Services } from '../services.js';
import { queueFor } from './engine-choice.js';
import { memoryWarnings } from './memory-warning.js';
import { readyDataset } from './ready-dataset.js';

type Names = 'planJob' | 'createJob' | 'listJobs' | 'getJob';

export const jobNotFound = (id: string): AppError =>
  new AppError('job_not_found', { detail: `There is no job ${id}` });

export function createJobHandlers(services: Services): HandlersOf<Names> {
  const { database } = services;
  return {
    async planJob({ body }, { project }) {
      const planned = await plan(services, project, body.recipe);
      const tooLarge = memoryWarnings(planned, await database.workers.list());
      return { object: 'plan', ...planned, warnings: [...planned.warnings, ...tooLarge] };
    },

    async createJob({ body }, context) {
      const { project, newId, again } = context;
      const id = newId('job');
      const made = again ? await jobMadeBefore(services, context, id) : null;
      if (made) return made;
      const { labels, priority, maxMinutes, maxSteps, checkpoints } = body;
      const planned = await plan(services, project, body.recipe);
      const name = body.name ?? defaultName(planned.recipe.architecture, id);
      const limits = { maxMinutes, maxSteps, checkpoints };
      return submit(services, context, { id, name, labels, priority, ...limits, ...planned });
    },

    listJobs: ({ query }, { project }) => database.jobs.list(project, query),

    getJob: ({ params }, context) => findJob(services, context, params.jobId),
  };
}

/** Makes the row of a job whose recipe has been planned, and puts it into its queue. */
export async function submit(
  services: Services,
  { project, reply, log }: Context,
  planned: Omit<NewJob, 'datasetId' | 'queue'>,
): Promise<Job> {
  const { database } = services;
  const { recipe, recipeHash, id, name, labels, priority, maxMinutes, maxSteps, checkpoints, fork } = planned;
  const queue = queueFor(recipe, await database.workers.list());
  const limits = { maxMinutes, ...(maxSteps && { maxSteps }), ...(checkpoints && { checkpoints }) };
  const row = { id, name, recipe, recipeHash, labels, priority, ...limits, queue };
  const job = await database.jobs.create(project, {
    ...row,
    datasetId: recipe.dataset,
    ...(fork && { fork }),
  });
  await enqueue(services, row, log);
  reply.header('location', `/v1/jobs/${id}`);
  return job;
}

/** A first try may have made the job and died before it was in its queue. */
export async function jobMadeBefore(services: Services, context: Context, id: string): Promise<Job | null> {
  const made = await services.database.jobs.get(context.project, id);
  if (made) await enqueueQueued(services, context, id);
  return made;
}

/** Puts a job, or the jobs of a group, into their queue if they wait; a delivery that is there already stays alone. */
export async function enqueueQueued(services: Services, { project, log }: Context, id: string) {
  for (const job of await services.database.jobs.queued(project, id)) await enqueue(services, job, log);
}

/** Puts a queued job into its queue. The row is the truth: where the queue does not answer now, the sweeper delivers it later. */
export async function enqueue(
  { queues }: Services,
  { id, queue, priority, attempt = 0 }: { id: string; queue: TrainQueue; priority: number; attempt?: number },
  log: FastifyBaseLogger,
): Promise<void> {
  await queues
    .enqueue(queue, id, { priority, dedupeKey: deliveryKey(id, attempt) })
    .catch((err) => log.warn({ err, id }, 'job waits for the sweeper'));
}

/** Foreign and missing jobs answer the same. */
export async function findJob({ database }: Services, { project }: Context, jobId: string) {
  const job = await database.jobs.get(project, jobId);
  if (!job) throw jobNotFound(jobId);
  return job;
}

/** Resolves a recipe on its dataset; a recipe that cannot be trained on it is refused with every reason. */
export async function plan({ database }: Services, project: string, asked: Recipe) {
  const { manifest } = await readyDataset(database, project, asked.dataset, '/recipe/dataset');
  try {
    return planTraining(asked, datasetFacts(asked.dataset, manifest));
  } catch (error) {
    if (error instanceof SpecError) throw recipeInvalid(error);
    throw error;
  }
}

export function recipeInvalid(error: SpecError): AppError {
  const errors: FieldError[] = error.issues.map(({ path, message }) => ({
    pointer: pointerOf('/recipe', path),
    code: 'recipe_invalid',
    message,
  }));
  return new AppError('recipe_invalid', { detail: error.message, errors, cause: error });
}

export const defaultName = (architecture: { kind: string }, id: string): string =>
  `${architecture.kind}-${id.slice(-6)}`;
