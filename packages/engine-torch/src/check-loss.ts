import { losses, outputCount, type Program, ResolvedLoss } from '@ravine/training';
import { support } from './engine-fault.js';

/** Refuses a loss whose options are not what its definition says, or do not fit the classes. */
export function checkLoss({ loss, classes }: Pick<Program, 'loss' | 'classes'>): void {
  support(Object.hasOwn(losses, loss.kind), () => `loss "${loss.kind}" is unknown`);
  const issue = ResolvedLoss.safeParse(loss).error?.issues[0];
  support(issue === undefined, () => `loss.${issue?.path.join('.')}: ${issue?.message}`);
  support(
    outputCount(loss.kind, classes) > 1 || classes === 2,
    () => `loss "${loss.kind}" is for 2 classes, but there are ${classes}`,
  );
  const weights = 'classWeights' in loss ? loss.classWeights : null;
  support(
    !weights || weights.length === classes,
    () => `loss.classWeights has ${weights?.length} weights for ${classes} classes`,
  );
}
