import { GradientClip, type Program, type StepPlan, smallestMicroBatch } from '@ravine/training';
import { check, support } from './engine-fault.js';

/** Refuses clipping and micro-batches that make no sense. */
export function checkProgramWrappers({ gradientClip, microBatchSize, nodes }: Program): void {
  if (gradientClip !== null) {
    const { except = null, ...clip } = { except: null, ...gradientClip };
    const issue = GradientClip.safeParse(clip).error?.issues[0];
    support(
      issue === undefined,
      () => `${['gradientClip', ...(issue?.path ?? [])].join('.')}: ${issue?.message}`,
    );
    support(
      except === null || nodes.some(({ name }) => name === except),
      () => `gradientClip.except: there is no node "${except}"`,
    );
  }
  support(
    microBatchSize === null || (Number.isInteger(microBatchSize) && microBatchSize >= 1),
    () => `microBatchSize is ${microBatchSize}; it must be a whole number of at least 1`,
  );
}

/** The parts of a step of `size` samples must have `smallest` samples at least. */
export function checkParts(step: number, size: number, smallest: number, most: number | null): void {
  const part = size < 1 ? 0 : smallestMicroBatch(size, most);
  check(
    part >= smallest,
    () =>
      `step ${step} has ${size} samples${most === null ? '' : ` in parts of at most ${most}`}; ${size < 1 ? 'it needs at least one' : 'batch-norm needs more than one value per channel'}`,
  );
}

function checkShares(what: string, shares: Float64Array | undefined, steps: number, kept: boolean): void {
  if (shares === undefined) return;
  check(kept, () => `${what}: the program keeps no such weights`);
  check(shares.length === steps, () => `${what}: ${shares.length} shares for ${steps} steps`);
  const wrong = shares.findIndex((share) => !(share >= 0 && share <= 1));
  check(wrong < 0, () => `${what}: share ${shares[wrong]} of step ${wrong} is outside 0 … 1`);
}

/** Refuses numbers of wrappers that do not fit the plan or the program. */
export function checkPlanWrappers(
  plan: StepPlan,
  program: Pick<Program, 'weightAverage' | 'lookahead'>,
): void {
  const steps = plan.learningRates.length;
  checkShares('averageShares', plan.averageShares, steps, program.weightAverage);
  checkShares('lookaheadShares', plan.lookaheadShares, steps, program.lookahead);
  if (plan.gradientNoise === undefined) return;
  const { keys, deviations } = plan.gradientNoise;
  check(
    keys.length === 2 * steps && deviations.length === steps,
    () =>
      `gradientNoise: ${keys.length} words of keys and ${deviations.length} deviations for ${steps} steps`,
  );
  const wrong = deviations.findIndex(
    (deviation) => !(deviation >= 0 && deviation < Number.POSITIVE_INFINITY),
  );
  check(wrong < 0, () => `gradientNoise: deviation ${deviations[wrong]} of step ${wrong} is not a size`);
}
