import { AppError, type Model } from '@ravine/contracts';

/**
 * The models with weights that sum to 1 (equal ones where none are given). Throws models_incompatible for models that
 * do not speak of the same classes, in the same order, or take images of different sizes.
 */
export function weighted(models: Model[], weights?: number[]): { model: Model; weight: number }[] {
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
