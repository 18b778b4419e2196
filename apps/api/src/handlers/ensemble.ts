import { AppError, type Model, type TestTimeChoice } from '@ravine/contracts';
import type { Context } from '../contract.js';
import type { Services } from '../services.js';
import { findJob } from './jobs.js';

/** Models that answer together; the weights sum to 1. */
export type Members = { model: Model; weight: number }[];

/**
 * The models with weights that sum to 1 (equal ones where none are given). Throws models_incompatible for models that
 * do not speak of the same classes, in the same order, or take images of different sizes.
 */
export function weighted(models: Model[], weights?: number[]): Members {
  const [first, ...others] = models;
  for (const other of others) if (first) requireSame(first, other);
  const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? models.length;
  return models.map((model, i) => ({ model, weight: (weights?.[i] ?? 1) / total }));
}

function requireSame(a: Model, b: Model): void {
  const refuse = (what: string, ofA: string, ofB: string): never => {
    throw new AppError('models_incompatible', {
      detail: `The models must have the same ${what}: ${a.id} has ${ofA}, ${b.id} has ${ofB}`,
      data: { models: [a.id, b.id] },
    });
  };
  const differs = (label: number): boolean => a.classes[label] !== b.classes[label];
  const count = Math.max(a.classes.length, b.classes.length);
  const label = Array.from({ length: count }, (_, i) => i).find(differs);
  const nameOf = ({ classes }: Model) => JSON.stringify(classes[label ?? 0] ?? 'no such class');
  if (label !== undefined) refuse(`class ${label} (in label order)`, nameOf(a), nameOf(b));
  const size = ({ input }: Model) => `${input.height}×${input.width}×${input.channels}`;
  if (size(a) !== size(b)) refuse('input size', size(a), size(b));
}

/** The views of a recipe can only be asked for where it has some. */
export async function requireViews(
  services: Services,
  context: Context,
  members: Members,
  choice: TestTimeChoice,
  pointer: string,
): Promise<void> {
  if (choice !== 'recipe') return;
  for (const { model } of members) {
    const { recipe } = await findJob(services, context, model.jobId);
    if (recipe.testTimeAugmentation !== null) continue;
    const message = `the recipe of model ${model.id} has no test-time augmentation; name a kind instead`;
    throw new AppError('validation_failed', {
      detail: message,
      errors: [{ pointer, code: 'no_views', message, received: choice }],
    });
  }
}
