import { drawAugmentations, drawMixes } from './augmentations/index.js';
import type { StepPlan } from './engine.js';
import { ownMomentum } from './optimizers/index.js';
import type { Program } from './program.js';
import { sizeInEpoch } from './progressive-resizing.js';
import { dropoutKey, permutation } from './random.js';
import type { ResolvedRecipe } from './recipe.js';
import {
  type EpochObservation,
  learningRateCurve,
  momentumCurve,
  observeEpoch,
  type ScheduleState,
} from './schedules/index.js';
import { planWrappers } from './wrappers/index.js';

/** Plans for any range of steps; they do not depend on how the run is cut into ranges. */
export interface StepPlanner {
  stepsPerEpoch: number;
  totalSteps: number;
  /** Steps `firstStep` … `firstStep + steps − 1`, counted from 0, all of one epoch; `state` as the epochs before left it. */
  plan(firstStep: number, steps: number, state?: ScheduleState): StepPlan;
  /** The schedule's state after an epoch. */
  observe(state: ScheduleState, result: EpochObservation): ScheduleState;
}

/** Momentum of each step, where the schedule sets any: the optimizer's own where a segment leaves it alone. */
export function runMomenta(
  { schedule, optimizer }: Pick<ResolvedRecipe, 'schedule' | 'optimizer'>,
  totalSteps: number,
): ((step: number) => number) | null {
  const [set, own] = [momentumCurve(schedule, totalSteps), ownMomentum(optimizer)];
  return set && own !== null ? (step) => set(step) ?? own : null;
}

/** The run's order, learning rates and draws, from its seed. `train`: indices into the train split. */
export function createStepPlanner(recipe: ResolvedRecipe, program: Program, train: Int32Array): StepPlanner {
  const { seed, batchSize } = recipe;
  const stepsPerEpoch = Math.ceil(train.length / batchSize);
  const totalSteps = stepsPerEpoch * recipe.epochs;
  const momentumAt = runMomenta(recipe, totalSteps);
  const hasDropout = program.nodes.some(({ kind }) => kind === 'dropout' || kind === 'stochastic-depth');
  let shuffled = { epoch: -1, order: train };

  const orderOf = (epoch: number): Int32Array => {
    if (shuffled.epoch !== epoch) {
      const order = permutation(train.length, seed, epoch).map((place) => train[place] as number);
      shuffled = { epoch, order };
    }
    return shuffled.order;
  };

  const plan: StepPlanner['plan'] = (firstStep, steps, state) => {
    const rateAt = learningRateCurve(recipe.schedule, recipe.optimizer.learningRate, totalSteps, state);
    const epoch = Math.floor(firstStep / stepsPerEpoch);
    const begin = (firstStep % stepsPerEpoch) * batchSize;
    const size = sizeInEpoch(recipe.progressiveResizing, program.input, epoch);
    const order = orderOf(epoch).slice(begin, begin + steps * batchSize);
    const dropoutKeys = new Uint32Array(steps * 2);
    if (hasDropout) for (let i = 0; i < steps; i++) dropoutKeys.set(dropoutKey(seed, firstStep + i), 2 * i);
    const offsets = Int32Array.from({ length: steps + 1 }, (_, i) => Math.min(i * batchSize, order.length));
    return {
      firstStep,
      offsets,
      order,
      learningRates: Float64Array.from({ length: steps }, (_, i) => rateAt(firstStep + i)),
      ...(momentumAt && {
        momenta: Float64Array.from({ length: steps }, (_, i) => momentumAt(firstStep + i)),
      }),
      augmentation: drawAugmentations(recipe.augmentation, seed, epoch, order, size),
      mixing: drawMixes(recipe.augmentation, { seed, firstStep, offsets }, size),
      dropoutKeys,
      ...planWrappers(recipe, firstStep, steps),
    };
  };
  const observe: StepPlanner['observe'] = (state, result) =>
    observeEpoch(recipe.schedule, totalSteps, state, result);
  return { stepsPerEpoch, totalSteps, plan, observe };
}
