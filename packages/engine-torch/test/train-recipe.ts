import {
  compileProgram,
  type DatasetFacts,
  joinBytes,
  type PackedDataset,
  planTraining,
  Recipe,
  type RecipeInput,
  resolveRecipe,
  runTraining,
  type TrainingOutcome,
  type TrainingReport,
  type TrainingRun,
} from '@ravine/training';
import { device, type Images, randomData, torch } from './harness.js';

/** A recipe without its dataset. */
export type Draft = Omit<RecipeInput, 'dataset'>;

/** A dataset that trains in no time, with what is known of it. */
export interface Tiny {
  data: PackedDataset;
  facts: DatasetFacts;
}

/** Random images: `size.count` to train on, and so many in the other splits that the dataset has. */
export function tiny(id: string, size: Images, others: { validation?: number; test?: number }): Tiny {
  const { train } = randomData(size).splits;
  const splits: PackedDataset['splits'] = { ...(train && { train }) };
  for (const [name, count] of Object.entries(others)) {
    const other = randomData({ ...size, count }, name.length).splits.train;
    if (other) splits[name as 'validation' | 'test'] = other;
  }
  const data = { ...randomData(size), splits };
  const perClass = (labels: Uint16Array): number[] =>
    data.classes.map((_, c) => labels.filter((label) => label === c).length);
  const counts = Object.fromEntries(
    Object.entries(splits).map(([name, split]) => [name, perClass(split.labels)]),
  );
  const [mean, standardDeviation] = [
    [0.5, 0.4, 0.3],
    [0.3, 0.2, 0.25],
  ].map((values) => values.slice(0, size.channels)) as [number[], number[]];
  return { data, facts: { ...size, id, classes: data.classes, counts, mean, standardDeviation } };
}

/** Three batches of eight, and a test split; two classes, so that every loss can be had. */
export const common = tiny(
  'ds_tiny',
  { height: 32, width: 32, channels: 3, classes: 2, count: 24 },
  { test: 8 },
);
export const { data: tinyData, facts: tinyFacts } = common;

/** The recipe on the dataset, every default filled in. Throws what a user would be told. */
export const resolveTiny = (recipe: Draft, { facts }: Tiny = common) =>
  resolveRecipe(Recipe.parse({ ...recipe, dataset: facts.id }), facts).recipe;

/** Parameters and bytes of a run. */
export const sizeOf = (recipe: Draft, { facts }: Tiny = common): { parameters: number; bytes: number } => {
  const plan = planTraining(Recipe.parse({ ...recipe, dataset: facts.id }), facts);
  return { parameters: plan.parameterCount, bytes: plan.memory.activationsBytes };
};

type EpochReport = Extract<TrainingReport, { type: 'epoch' }>;

export interface Trained {
  outcome: TrainingOutcome;
  losses: number[];
  learningRates: number[];
  gradientNorms: number[];
  epochs: Omit<EpochReport, 'seconds' | 'imagesPerSecond'>[];
  /** What the final evaluation found of each sample. */
  results: unknown;
  /** The last checkpoint, byte for byte; it holds all weights and all state of the optimizer. Empty when there is none. */
  last: string;
  best: string;
}

/** Trains as a worker's child would, on one thread where nothing else is said; the same recipe gives the same bytes. */
export async function trainTiny(
  asked: Draft,
  more: Partial<TrainingRun> = {},
  dataset: Tiny = common,
): Promise<Trained> {
  const recipe = resolveTiny(asked, dataset);
  const trained: Omit<Trained, 'outcome'> = {
    ...{ losses: [], learningRates: [], gradientNorms: [], epochs: [], results: null, last: '', best: '' },
  };
  const outcome = await runTraining({
    engine: torch,
    recipe,
    program: compileProgram(recipe, dataset.facts, recipe.precision === 'bf16' ? 'bf16' : 'fp32'),
    data: dataset.data,
    device,
    threads: 1,
    resume: null,
    signal: new AbortController().signal,
    clock: () => 0,
    ...more,
    report: async (report) => {
      await more.report?.(report);
      if (report.type === 'steps')
        for (const name of ['losses', 'learningRates', 'gradientNorms'] as const)
          trained[name].push(...report[name]);
      if (report.type === 'epoch') {
        const { seconds, imagesPerSecond, ...result } = report;
        trained.epochs.push(result);
      }
      if (report.type === 'evaluation') trained.results = report.results;
      if (report.type === 'checkpoint')
        trained[report.metadata.role] = Buffer.from(joinBytes(report.parts)).toString('base64');
    },
  });
  return { outcome, ...trained };
}
