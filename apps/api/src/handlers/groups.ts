import { AppError, memberRecipes, newId } from '@ravine/contracts';
import type { Context, HandlersOf } from '../contract.js';
import type { Services } from '../services.js';
import { queueFor } from './engine-choice.js';
import { defaultName, enqueue, enqueueQueued, plan } from './jobs.js';
import { tellAll } from './steering.js';

type Names = 'createGroup' | 'listGroups' | 'getGroup' | 'cancelGroup';

export function createGroupHandlers(services: Services): HandlersOf<Names> {
  const { database } = services;

  async function findGroup({ project }: Context, groupId: string, level?: number) {
    const group = await database.groups.get(project, groupId, level);
    if (!group) throw new AppError('group_not_found', { detail: `There is no group ${groupId}` });
    return group;
  }

  return {
    async createGroup({ body }, context) {
      const { project, reply, log, again } = context;
      const id = context.newId('grp');
      const made = again ? await database.groups.get(project, id) : null;
      if (made) {
        await enqueueQueued(services, context, id);
        return made;
      }
      const base = await plan(services, project, body.recipe);
      const workers = await database.workers.list();
      const name = body.name ?? defaultName(base.recipe.architecture, id);
      const jobs = [];
      for (const asked of memberRecipes(body.plan, body.recipe, base.recipe.seed)) {
        const { recipe, recipeHash } = await plan(services, project, asked);
        const { crossValidation, seed } = recipe;
        jobs.push({
          id: newId('job'),
          name: `${name} ${crossValidation ? `fold ${crossValidation.fold}` : `seed ${seed}`}`.slice(-120),
          recipe,
          recipeHash,
          datasetId: recipe.dataset,
          labels: body.labels,
          priority: body.priority,
          maxMinutes: body.maxMinutes,
          maxSteps: body.maxSteps,
          checkpoints: body.checkpoints,
          queue: queueFor(recipe, workers),
        });
      }
      const { dataset: datasetId } = body.recipe;
      const { labels } = body;
      const group = await database.groups.create(
        project,
        { id, name, plan: body.plan, datasetId, labels },
        jobs,
      );
      for (const job of jobs) await enqueue(services, job, log);
      reply.header('location', `/v1/groups/${id}`);
      return group;
    },

    listGroups: ({ query }, { project }) => database.groups.list(project, query),

    getGroup: ({ params, query }, context) => findGroup(context, params.groupId, query.level),

    async cancelGroup({ params: { groupId }, body }, context) {
      await findGroup(context, groupId);
      const { steered } = await database.jobs.steer(
        context.project,
        { groupId },
        { verb: 'cancel', ...body },
      );
      await tellAll(services, steered, context.log);
      return findGroup(context, groupId);
    },
  };
}
