import { AppError, type Checkpoint, type CreateModel, newId } from '@ravine/contracts';
import type { Context, HandlersOf } from '../contract.js';
import type { Services } from '../services.js';
import { findJob } from './jobs.js';

type Names = 'createModel' | 'listModels' | 'getModel' | 'downloadModel';

export function createModelHandlers(services: Services): HandlersOf<Names> {
  const { database } = services;
  return {
    async createModel({ body }, context) {
      const checkpoint = await chooseCheckpoint(services, context, body);
      const id = newId('mdl');
      const job = await findJob(services, context, checkpoint.jobId);
      const model = await database.models.create(context.project, {
        id,
        name: body.name ?? job.name,
        checkpointId: checkpoint.id,
        labels: body.labels,
      });
      if (!model) throw checkpointGone(checkpoint.id);
      context.reply.header('location', `/v1/models/${id}`);
      return model;
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

const checkpointGone = (id: string): AppError =>
  new AppError('checkpoint_not_found', { detail: `There is no checkpoint ${id}` });

/** The named checkpoint, or the best one of the named job (the last one where none is best yet). */
async function chooseCheckpoint(
  services: Services,
  context: Context,
  { checkpointId, jobId }: CreateModel,
): Promise<Checkpoint> {
  const { checkpoints } = services.database;
  if (checkpointId !== undefined) {
    const found = await checkpoints.get(context.project, checkpointId);
    if (!found) throw checkpointGone(checkpointId);
    return found;
  }
  const job = await findJob(services, context, jobId ?? '');
  const all = await checkpoints.list(context.project, job.id);
  const chosen =
    all.find(({ roles }) => roles.includes('best')) ?? all.find(({ roles }) => roles.includes('last'));
  if (!chosen) {
    const detail = `The job ${job.id} is ${job.status} and has no checkpoint`;
    throw new AppError('checkpoint_not_found', { detail });
  }
  return chosen;
}
