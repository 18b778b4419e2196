import { type Checkpoint, decodeCheckpoint } from '../src/checkpoint.js';
import { compileProgram } from '../src/compile.js';
import { Recipe, type RecipeInput } from '../src/recipe.js';
import type { TrainingReport } from '../src/reports.js';
import { resolveRecipe } from '../src/resolve.js';
import { joinBytes } from '../src/safetensors.js';
import { runTraining } from '../src/trainer.js';
import type { TrainingRun } from '../src/training-run.js';
import { createReferenceEngine } from './reference-engine.js';
import { toyData } from './toy-data.js';

const base: Omit<RecipeInput, 'dataset'> = {
  architecture: { kind: 'mlp', hidden: [6], dropout: 0.25 },
  optimizer: { kind: 'adam', learningRate: 0.02 },
  batchSize: 10,
  epochs: 3,
};

/** A run on toy data by the reference engine, with what it left. */
export async function toyRun(
  options: Partial<RecipeInput>,
  run: Partial<TrainingRun> = {},
  { data, facts } = toyData({ train: 45, test: 12 }),
) {
  const { recipe, hash } = resolveRecipe(Recipe.parse({ ...base, ...options, dataset: facts.id }), facts);
  const program = compileProgram(recipe, facts, 'fp64');
  const reports: TrainingReport[] = [];
  const outcome = await runTraining({
    engine: createReferenceEngine(),
    recipe,
    recipeHash: hash,
    program,
    data,
    device: 'cpu',
    threads: 1,
    resume: null,
    signal: new AbortController().signal,
    clock: () => 0,
    ...run,
    report: async (report) => {
      reports.push(report);
      await run.report?.(report);
    },
  });
  const files = reports.flatMap((report) =>
    report.type === 'checkpoint' ? [{ role: report.metadata.role, bytes: joinBytes(report.parts) }] : [],
  );
  const checkpoints = files.map(({ bytes }) => decodeCheckpoint(bytes));
  const last = (role: 'best' | 'last') =>
    checkpoints.findLast(({ metadata }) => metadata.role === role) as Checkpoint;
  const epochs = reports.flatMap((report) => (report.type === 'epoch' ? [report] : []));
  const steps = reports.flatMap((report) => (report.type === 'steps' ? [report] : []));
  const rates = steps.flatMap(({ learningRates }) => learningRates);
  const losses = steps.flatMap((report) => report.losses);
  const bytes = (role: 'best' | 'last') => files.findLast((file) => file.role === role)?.bytes;
  return { outcome, reports, last, bytes, epochs, rates, losses, recipe, program };
}
