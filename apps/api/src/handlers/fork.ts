import {
  AppError,
  type Checkpoint,
  datasetFacts,
  type ForkJob,
  forkedState,
  forkProblems,
  type Job,
  type ResolvedRecipe,
  SpecError,
} from '@ravine/contracts';
import type { Context, HandlersOf } from '../contract.js';
import type { Services } from '../services.js';
import { findJob, jobMadeBefore, plan, recipeInvalid, submit } from './jobs.js';
import { readyDataset } from './ready-dataset.js';

export function createForkHandlers(services: Services): HandlersOf<'forkJob'> {
  return {
    async forkJob({ params: { jobId }, body }, context) {
      const { project, again, newId } = context;
      const id = newId('job');
      const made = again ? await jobMadeBefore(services, context, id) : null;
      if (made) return made;
      const origin = await findJob(services, context, jobId);
      const checkpoint = await findCheckpoint(services, context, origin, body);
      const planned = await plan(services, project, { ...origin.recipe, ...given(body.recipe) });
      await refuseMisfits(services, project, { origin, recipe: planned.recipe, body, checkpoint });
      const kept = forkedState(origin.recipe, planned.recipe, body.keep);
      const { name = `fork of ${origin.name}`.slice(0, 120), labels = origin.labels } = body;
      const { priority, maxMinutes, maxSteps, checkpoints } = body;
      const fork = { jobId, checkpointId: checkpoint.id, step: checkpoint.step, ...kept };
      const limits = { maxMinutes, maxSteps, checkpoints };
      return submit(services, context, { id, name, labels, priority, ...limits, fork, ...planned });
    },
  };
}

const given = (changes: object): object =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));

async function findCheckpoint(
  { database }: Services,
  { project }: Context,
  { id, status }: Job,
  { checkpoint: asked, keep }: ForkJob,
): Promise<Checkpoint> {
  const byRole = asked === 'last' || asked === 'best';
  const found = byRole
    ? await database.checkpoints.withRole(project, id, asked)
    : await database.checkpoints.get(project, id, asked);
  if (!found) {
    const what = byRole ? `has no checkpoint with the role ${asked}` : `has no checkpoint ${asked}`;
    throw new AppError('checkpoint_not_found', { detail: `The job ${id} is ${status} and ${what}` });
  }
  if (keep === 'state' && found.roles.every((role) => role === 'best'))
    throw new AppError('conflict', {
      detail: `The checkpoint ${found.id} holds weights alone; fork it with keep "weights", or fork the last one`,
      data: { roles: found.roles },
    });
  return found;
}

interface Wanted {
  origin: Job;
  recipe: ResolvedRecipe;
  body: ForkJob;
  checkpoint: Checkpoint;
}

/** Throws recipe_invalid with every field that does not go with the checkpoint. */
async function refuseMisfits({ database }: Services, project: string, wanted: Wanted): Promise<void> {
  const { origin, recipe, body, checkpoint } = wanted;
  const side = async (of: ResolvedRecipe) => {
    const { manifest } = await readyDataset(database, project, of.dataset);
    return { recipe: of, facts: datasetFacts(of.dataset, manifest) };
  };
  const [from, to] = [await side(origin.recipe), await side(recipe)];
  const problems = forkProblems(from, to, body.keep, checkpoint.step);
  if (problems.length > 0) throw recipeInvalid(new SpecError(problems));
}
