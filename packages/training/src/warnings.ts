import type { DatasetFacts } from './dataset-facts.js';
import { optimizers } from './optimizers/index.js';
import { parameterClasses } from './parameter-groups.js';
import type { Program } from './program.js';
import { resizedEpochs } from './progressive-resizing.js';
import type { Recipe, ResolvedRecipe } from './recipe.js';
import type { RunLength } from './resolve.js';
import { stepsOf } from './schedules/definition.js';
import { dependsOnResults, type Segment, schedules } from './schedules/index.js';

/** Something that is allowed but probably not meant. `pointer` is a JSON pointer into the recipe. */
export interface PlanWarning {
  code: string;
  message: string;
  pointer: string | null;
}

/** All that a warning may look at. */
export interface PlanSubject {
  /** As it was asked for. */
  asked: Recipe;
  recipe: ResolvedRecipe;
  facts: DatasetFacts;
  length: RunLength;
  program: Program;
}

const ADAPTIVE_RATE = 0.03;
const IMBALANCE = 5;

const warn = (when: boolean, code: string, pointer: string | null, message: string): PlanWarning[] =>
  when ? [{ code, message, pointer }] : [];

/** Warnings about a shape that has `available` steps of the run to do its work in. */
function shapeWarnings(segment: Segment, pointer: string, available: number, cutOff: boolean): PlanWarning[] {
  const name = `the ${segment.kind} segment`;
  if (dependsOnResults(segment))
    return warn(
      true,
      'schedule_depends_on_results',
      pointer,
      `${name} follows the results of the run: the rates shown are those of a run in which they change nothing`,
    );
  if (segment.kind === 'step' || segment.kind === 'multi-step') {
    const [option, times] =
      segment.kind === 'step' ? ['every', [segment.every]] : ['milestones', segment.milestones];
    const first = Math.min(...times.map(stepsOf));
    return warn(
      first >= available,
      'decay_not_reached',
      `${pointer}/${option}`,
      `the first drop would come after ${first} steps, but the segment has ${available}`,
    );
  }
  return warn(
    schedules[segment.kind].spans && cutOff,
    'decay_not_reached',
    `${pointer}/for`,
    `only ${available} steps are left for ${name}, fewer than it takes: the rate will not come down to its end`,
  );
}

/** Segments that begin after the run has ended, or are cut off before they did their work; warm-ups that are too long. */
function scheduleWarnings({ recipe, length }: PlanSubject): PlanWarning[] {
  const { totalSteps } = length;
  let begin = 0;
  return recipe.schedule.flatMap((segment, i) => {
    const steps = segment.for ? stepsOf(segment.for) : Math.max(0, totalSteps - begin);
    const from = begin;
    const end = begin + steps;
    const available = Math.min(steps, totalSteps - begin);
    const pointer = `/schedule/${i}`;
    begin = end;
    if (from >= totalSteps)
      return warn(
        true,
        'schedule_not_reached',
        pointer,
        `the ${segment.kind} segment begins at step ${from}, but the run ends at ${totalSteps}`,
      );
    if (segment.kind !== 'warmup') return shapeWarnings(segment, pointer, available, end > totalSteps);
    const share = Math.round((100 * available) / totalSteps);
    if (end > totalSteps)
      return warn(
        true,
        'warmup_longer_than_run',
        pointer,
        `the warm-up takes ${steps} steps, but only ${available} are left in the run`,
      );
    return warn(
      available > 0.2 * totalSteps,
      'warmup_long',
      pointer,
      `the warm-up takes ${share} % of the run; 1 to 10 % is usual`,
    );
  });
}

function dataWarnings({ asked, recipe, facts, length, program }: PlanSubject): PlanWarning[] {
  const train = facts.counts.train ?? [];
  const filled = train.filter((count) => count > 0);
  const [least, most] = [Math.min(...filled), Math.max(...filled)];
  const missing = facts.classes.filter((_, label) => train[label] === 0);
  const norm = program.nodes.some((node) => node.kind === 'batch-norm');
  const rest = length.trainSamples % recipe.batchSize;
  const unweighted = 'classWeights' in recipe.loss && recipe.loss.classWeights === null;
  const advice = unweighted ? '; loss.classWeights "balanced" makes every class count alike' : '';
  return [
    ...warn(
      missing.length > 0,
      'class_without_images',
      null,
      `no training images of: ${missing.slice(0, 10).join(', ')}`,
    ),
    ...warn(
      most >= IMBALANCE * least,
      'class_imbalance',
      null,
      `the largest class has ${most} training images, the smallest ${least}: look at per-class recall, not at accuracy alone${advice}`,
    ),
    ...warn(
      recipe.batchSize > length.trainSamples,
      'batch_larger_than_dataset',
      '/batchSize',
      `a batch of ${recipe.batchSize} is more than the ${length.trainSamples} training images: every epoch is one step`,
    ),
    ...warn(
      norm && rest === 1,
      'last_batch_of_one',
      '/batchSize',
      'the last batch of each epoch has one image, which makes poor statistics for batch normalisation',
    ),
    ...warn(
      asked.validation !== undefined && recipe.crossValidation !== null,
      'validation_fraction_unused',
      '/validation',
      'a fold of cross-validation is held out, so the fraction is not used',
    ),
    ...warn(
      recipe.crossValidation === null &&
        asked.validation !== undefined &&
        facts.counts.validation !== undefined,
      'validation_fraction_unused',
      '/validation',
      'the dataset has a validation split of its own, so nothing is held out of the train split',
    ),
    ...warn(
      facts.counts.test === undefined,
      'no_test_split',
      null,
      'the dataset has no test split: the final evaluation uses the validation images, which also chose the weights',
    ),
  ];
}

function runWarnings({ recipe }: PlanSubject): PlanWarning[] {
  const { optimizer, earlyStopping, epochs } = recipe;
  const { adaptive } = optimizers[optimizer.kind];
  return [
    ...warn(
      adaptive && optimizer.learningRate > ADAPTIVE_RATE,
      'learning_rate_high',
      '/optimizer/learningRate',
      `${optimizer.kind} moves every weight by about the learning rate at each step; ${optimizer.learningRate} is far above the usual 0.0001 to 0.01`,
    ),
    ...warn(
      // The first epoch is always the best so far, and after the last one there is nothing left to end.
      earlyStopping !== null && earlyStopping.patience >= epochs - 1,
      'early_stopping_cannot_act',
      '/earlyStopping/patience',
      `a patience of ${earlyStopping?.patience} epochs cannot end a run of ${epochs}`,
    ),
  ];
}

function resizingWarnings({ recipe: { progressiveResizing: options, epochs } }: PlanSubject): PlanWarning[] {
  if (options === null) return [];
  const inStages = resizedEpochs(options);
  return warn(
    inStages >= epochs,
    'full_size_not_reached',
    '/progressiveResizing/stages',
    `the stages take ${inStages} epochs and the run has ${epochs}: it is never trained at the size at which it is judged`,
  );
}

/** Options by class of parameter that nothing in this run follows. */
function groupWarnings({ recipe, program }: PlanSubject): PlanWarning[] {
  const { parameterGroups, optimizer } = recipe;
  if (parameterGroups === null) return [];
  const present = new Set<string>(parameterClasses(program.parameters));
  return [
    ...warn(
      !parameterGroups.decayNormsAndBiases && optimizer.weightDecay === 0,
      'weight_decay_unused',
      '/parameterGroups/decayNormsAndBiases',
      'the weight decay is 0, so there is none to leave out',
    ),
    ...Object.keys(parameterGroups.learningRateFactors).flatMap((name) =>
      warn(
        !present.has(name),
        'learning_rate_factor_unused',
        `/parameterGroups/learningRateFactors/${name}`,
        `the network has no parameters of class ${name}`,
      ),
    ),
  ];
}

export const planWarnings = (subject: PlanSubject): PlanWarning[] => [
  ...scheduleWarnings(subject),
  ...dataWarnings(subject),
  ...runWarnings(subject),
  ...groupWarnings(subject),
  ...resizingWarnings(subject),
];
