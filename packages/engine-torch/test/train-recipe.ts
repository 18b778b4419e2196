import {
  compileProgram,
  type DatasetFacts,
  type PackedDataset,
  planTraining,
  Recipe,
  type RecipeInput,
  resolveRecipe,
  runTraining,
  type TrainingOutcome,
  type TrainingRun,
} from '@ravine/training';
import { device, randomData, torch } from './harness.js';

const size = { height: 32, width: 32, channels: 3, classes: 2, count: 24 };

/** Three batches of eight, and a test split; two classes, so that every loss can be had. */
export const tinyData: PackedDataset = (() => {
  const [data, other] = [randomData(size), randomData({ ...size, count: 8 })];
  return { ...data, splits: { ...data.splits, ...(other.splits.train && { test: other.splits.train }) } };
})();

const perClass = (labels: Uint16Array): number[] =>
  tinyData.classes.map((_, c) => labels.filter((label) => label === c).length);

export const tinyFacts: DatasetFacts = {
  ...size,
  id: 'ds_tiny',
  classes: tinyData.classes,
  counts: Object.fromEntries(
    Object.entries(tinyData.splits).map(([name, split]) => [name, perClass(split.labels)]),
  ),
  mean: [0.5, 0.4, 0.3],
  standardDeviation: [0.3, 0.2, 0.25],
};

/** The recipe on the tiny dataset, every default filled in. Throws what a user would be told. */
export const resolveTiny = (recipe: Omit<RecipeInput, 'dataset'>) =>
  resolveRecipe(Recipe.parse({ ...recipe, dataset: tinyFacts.id }), tinyFacts).recipe;

/** Parameters and bytes of a run. */
export const sizeOf = (recipe: Omit<RecipeInput, 'dataset'>): { parameters: number; bytes: number } => {
  const plan = planTraining(Recipe.parse({ ...recipe, dataset: tinyFacts.id }), tinyFacts);
  return { parameters: plan.parameterCount, bytes: plan.memory.activationsBytes };
};

export interface Trained {
  outcome: TrainingOutcome;
  losses: number[];
  /** The last checkpoint, byte for byte; it holds all weights and all state of the optimizer. Empty when there is none. */
  last: string;
}

/** Trains as a worker's child would, on one thread, so that the same recipe gives the same bytes. */
export async function trainTiny(
  asked: Omit<RecipeInput, 'dataset'>,
  more: Partial<TrainingRun> = {},
): Promise<Trained> {
  const recipe = resolveTiny(asked);
  const losses: number[] = [];
  let last = '';
  const outcome = await runTraining({
    engine: torch,
    recipe,
    program: compileProgram(recipe, tinyFacts, recipe.precision === 'bf16' ? 'bf16' : 'fp32'),
    data: tinyData,
    device,
    threads: 1,
    resume: null,
    signal: new AbortController().signal,
    clock: () => 0,
    ...more,
    report: async (report) => {
      if (report.type === 'steps') losses.push(...report.losses);
      if (report.type === 'checkpoint' && report.metadata.role === 'last')
        last = Buffer.concat(report.parts).toString('base64');
    },
  });
  return { outcome, losses, last };
}
