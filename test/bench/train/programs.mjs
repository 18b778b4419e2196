import { compileProgram, createStepPlanner, Recipe, resolveRecipe } from '@ravine/training';
import { workloads } from './workloads.mjs';

/** Images that are trained on: enough for calls of many steps that gather all over the memory, few enough to be held. */
const MAX_BYTES = 24 * 2 ** 20;
const MAX_IMAGES = 8192;

const AUGMENTATION = [{ kind: 'random-crop', padding: 4 }, { kind: 'horizontal-flip' }, { kind: 'mixup' }];

/** Network, recipe and data of a row, as a job has them; without augmentation unless asked for. */
export function prepare({ network, definition, precision, batch }, { augment = false } = {}) {
  const { architecture, input, classes, clip } = definition ?? workloads[network];
  const fitting = Math.floor(MAX_BYTES / (input.channels * input.height * input.width));
  const count = Math.max(4 * batch, Math.min(fitting, MAX_IMAGES));
  const facts = {
    id: 'ds_bench',
    ...input,
    classes: Array.from({ length: classes }, (_, i) => `class ${i}`),
    counts: { train: Array(classes).fill(count), validation: Array(classes).fill(1) },
    mean: Array(input.channels).fill(0.5),
    standardDeviation: Array(input.channels).fill(0.25),
  };
  const asked = Recipe.parse({
    dataset: facts.id,
    architecture,
    optimizer: { kind: 'adam', learningRate: 3e-4, weightDecay: 1e-5 },
    gradientClip: clip && { norm: clip },
    augmentation: augment ? AUGMENTATION : [],
    batchSize: batch,
    epochs: 10_000,
  });
  const { recipe } = resolveRecipe(asked, facts);
  const program = compileProgram(recipe, facts, precision);
  const splits = { train: randomImages(program, count) };
  return { recipe, program, data: { ...input, classes: facts.classes, splits } };
}

/** Random pixels and labels, as one shard. */
export function randomImages({ input, classes }, count) {
  const pixels = new Uint8Array(count * input.channels * input.height * input.width);
  let word = 1;
  for (let i = 0; i < pixels.length; i++) {
    word = (Math.imul(word, 1_103_515_245) + 12_345) >>> 0;
    pixels[i] = word >>> 24;
  }
  return {
    count,
    imagesPerShard: count,
    shards: [pixels],
    labels: Uint16Array.from({ length: count }, (_, i) => i % classes),
  };
}

/** The next plans of a run, as the trainer makes them: shuffled order, learning rates, augmentation draws. */
export function createPlans(recipe, program, count) {
  const indices = Int32Array.from({ length: count - (count % recipe.batchSize) }, (_, i) => i);
  const planner = createStepPlanner(recipe, program, indices);
  let next = 0;
  /** At most `most` steps: a plan does not reach into the next epoch. */
  return (most) => {
    const left = planner.stepsPerEpoch - (next % planner.stepsPerEpoch);
    const plan = planner.plan(next, Math.min(most, left));
    next += plan.learningRates.length;
    return plan;
  };
}
