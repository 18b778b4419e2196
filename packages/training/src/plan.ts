import { compileProgram } from './compile.js';
import { type DatasetFacts, sum } from './dataset-facts.js';
import { slotCount } from './optimizers/index.js';
import type { NodeKind, Program } from './program.js';
import { type SizeStage, sizeStages } from './progressive-resizing.js';
import type { Recipe, ResolvedRecipe } from './recipe.js';
import { choosePrecision, type EngineFacts, type RunLength, resolveRecipe, runLength } from './resolve.js';
import { learningRateCurve } from './schedules/index.js';
import { elements } from './shapes.js';
import { runMomenta } from './step-plan.js';
import { type PlanWarning, planWarnings } from './warnings.js';

/** More points than this are thinned out: a curve is for drawing, and a run may have billions of steps. */
const MAX_CURVE_POINTS = 20_000;

export interface PlannedLayer {
  name: string;
  kind: NodeKind;
  /** [C, H, W] or [F]. */
  outputShape: number[];
  parameters: number;
}

/** Estimates in bytes. Activations: every node's value and its gradient for one batch, or one part of it. */
export interface MemoryEstimate {
  parametersBytes: number;
  gradientsBytes: number;
  optimizerBytes: number;
  activationsBytes: number;
  totalBytes: number;
}

/** What a run would do. */
export interface TrainingPlan extends RunLength {
  recipe: ResolvedRecipe;
  recipeHash: string;
  /** Learning rate `values[i]` at step `steps[i]`, counted from 0; every step of the run up to 20,000. Where it depends on results, they are taken to change nothing. */
  learningRates: { steps: number[]; values: number[] };
  /** The same of the momentum (β₁ of Adam and its kin); null where the schedule leaves it alone. */
  momenta: { steps: number[]; values: number[] } | null;
  /** Sizes of training images, in the order of the epochs. */
  stages: SizeStage[];
  /** At full size. */
  layers: PlannedLayer[];
  parameterCount: number;
  memory: MemoryEstimate;
  warnings: PlanWarning[];
}

/** Values of all steps, or of evenly spaced ones with the first and the last. */
function curve(valueAt: (step: number) => number, totalSteps: number): TrainingPlan['learningRates'] {
  const points = Math.min(totalSteps, MAX_CURVE_POINTS);
  const steps = Array.from({ length: points }, (_, i) =>
    points === totalSteps ? i : Math.round((i * (totalSteps - 1)) / (points - 1)),
  );
  return { steps, values: steps.map(valueAt) };
}

function plannedLayers(program: Program): PlannedLayer[] {
  const counts = new Map(program.parameters.map(({ name, shape }) => [name, elements(shape)]));
  const countOf = (name: string): number => counts.get(name) ?? 0;
  return program.nodes.map(({ name, kind, shape }) => ({
    name,
    kind,
    outputShape: shape,
    parameters: countOf(`${name}.weight`) + countOf(`${name}.bias`),
  }));
}

function estimateMemory(program: Program, batch: number, parameterCount: number): MemoryEstimate {
  const { channels, height, width } = program.input;
  const values = channels * height * width + sum(program.nodes.map((node) => elements(node.shape)));
  const parametersBytes = 4 * parameterCount;
  const copies = Number(program.weightAverage) + Number(program.lookahead);
  const atOnce = Math.min(batch, program.microBatchSize ?? batch);
  const parts = {
    parametersBytes,
    gradientsBytes: (atOnce < batch ? 2 : 1) * parametersBytes,
    optimizerBytes: 4 * slotCount(program.optimizer, program.parameters) + copies * parametersBytes,
    activationsBytes: 2 * atOnce * values * (program.precision === 'bf16' ? 2 : 4),
  };
  return { ...parts, totalBytes: sum(Object.values(parts)) };
}

/**
 * Resolves the recipe and says what the run would be, without doing any of it. Throws SpecError as resolveRecipe does.
 * Memory is estimated for fp32 unless the recipe or the engine's facts say bf16.
 */
export function planTraining(asked: Recipe, facts: DatasetFacts, engine?: EngineFacts): TrainingPlan {
  const { recipe, hash } = resolveRecipe(asked, facts, engine);
  const precision = choosePrecision(recipe.precision, engine ?? { fastBf16: false });
  const program = compileProgram(recipe, facts, precision);
  const length = runLength(recipe, facts);
  const rateAt = learningRateCurve(recipe.schedule, recipe.optimizer.learningRate, length.totalSteps);
  const momentumAt = runMomenta(recipe, length.totalSteps);
  const layers = plannedLayers(program);
  const parameterCount = sum(layers.map((layer) => layer.parameters));
  return {
    recipe,
    recipeHash: hash,
    ...length,
    learningRates: curve(rateAt, length.totalSteps),
    momenta: momentumAt && curve(momentumAt, length.totalSteps),
    stages: sizeStages(recipe.progressiveResizing, program.input, recipe.epochs),
    layers,
    parameterCount,
    memory: estimateMemory(program, Math.min(recipe.batchSize, length.trainSamples), parameterCount),
    warnings: planWarnings({ asked, recipe, facts, length, program }),
  };
}
