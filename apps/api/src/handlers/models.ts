import {
  AppError,
  type Checkpoint,
  type CreateModel,
  datasetFacts,
  type Job,
  normalizationOf,
  planTraining,
} from '@ravine/contracts';
import type { Context, HandlersOf } from '../contract.js';
import type { Services } from '../services.js';
import { findJob } from './jobs.js';
import { readyDataset } from './ready-dataset.js';
import { exportWeights } from './weights.js';

type Names = 'createModel' | 'listModels' | 'getModel' | 'downloadModel';

export function createModelHandlers(services: Services): HandlersOf<Names> {
  const { database, storage, blobs } = services;
  return {
    async createModel({ body }, context) {
      const { project, reply, log, again } = context;
      const id = context.newId('mdl');
      const earlier = again ? await database.models.get(project, id) : null;
      if (earlier) return earlier;
      const checkpoint = await chooseCheckpoint(services, context, body);
      const job = await findJob(services, context, checkpoint.jobId);
      const description = await descriptionOf(services, project, job);
      const { blob, made } = await exportWeights(storage, blobs, checkpoint);
      try {
        const model = await database.models.create(project, {
          ...description,
          id,
          name: body.name ?? job.name,
          checkpointId: checkpoint.id,
          // The evaluation of a job is made with its best weights and says nothing of others.
          testAccuracy: checkpoint.roles.includes('best') ? job.testAccuracy : null,
          sha256: blob.key,
          bytes: blob.size,
          labels: body.labels,
        });
        reply.header('location', `/v1/models/${id}`);
        return model;
      } finally {
        // It stays when the new row names it.
        if (made) await blobs.release([blob.key], log);
      }
    },

    listModels: ({ query }, { project }) => database.models.list(project, query),

    getModel: ({ params }, context) => findModel(services, context, params.modelId),

    async downloadModel({ params: { modelId } }, context) {
      const model = await findModel(services, context, modelId);
      return { kind: 'blob', key: model.sha256, fileName: `${model.name}.safetensors` };
    },
  };
}

export async function findModel({ database }: Services, { project }: Context, modelId: string) {
  const model = await database.models.get(project, modelId);
  if (!model) throw new AppError('model_not_found', { detail: `There is no model ${modelId}` });
  return model;
}

/** The named checkpoint, or the best one of the named job (the last one where none is best yet). */
async function chooseCheckpoint(
  services: Services,
  context: Context,
  { checkpointId, jobId }: CreateModel,
): Promise<Checkpoint> {
  const { checkpoints } = services.database;
  const { project } = context;
  if (checkpointId !== undefined) {
    const found = await checkpoints.find(project, checkpointId);
    if (found) return found;
    throw new AppError('checkpoint_not_found', {
      detail: `There is no checkpoint ${checkpointId}; a newer one may have taken its place`,
    });
  }
  // The contract asks for one of the two.
  const job = await findJob(services, context, jobId as string);
  const chosen =
    (await checkpoints.withRole(project, job.id, 'best')) ??
    (await checkpoints.withRole(project, job.id, 'last'));
  if (chosen) return chosen;
  throw new AppError('checkpoint_not_found', {
    detail: `The job ${job.id} is ${job.status} and has no checkpoint`,
    data: { status: job.status },
  });
}

/** What is needed to use the weights: the input they expect and what their outputs mean. */
async function descriptionOf({ database }: Services, project: string, { recipe, datasetId }: Job) {
  const { manifest } = await readyDataset(database, project, datasetId);
  const { recipe: resolved, parameterCount } = planTraining(recipe, datasetFacts(datasetId, manifest));
  const { classes, height, width, channels, fit } = manifest;
  return {
    architecture: recipe.architecture.kind,
    parameterCount,
    classes,
    input: { height, width, channels, fit, ...normalizationOf(resolved.normalization, manifest) },
  };
}
