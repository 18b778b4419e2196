import { buildArchitecture } from './architectures/index.js';
import { augmentationProblems } from './augmentations/index.js';
import { type DatasetFacts, sum } from './dataset-facts.js';
import { orthogonalWork } from './initializers.js';
import { lossOutputs, lossProblems, outputCount, resolveLoss } from './losses/index.js';
import { normalizationProblems } from './normalization.js';
import { momentumProblem, resolveOptimizer, slotCount } from './optimizers/index.js';
import { networkParameters } from './parameters.js';
import { presets } from './presets/index.js';
import type { Node } from './program.js';
import { resizingProblems } from './progressive-resizing.js';
import { isRangeTest } from './range-test.js';
import type { Recipe, ResolvedRecipe } from './recipe.js';
import { recipeHash } from './recipe-hash.js';
import { defaultRunOptions, parseRunOptions } from './run-options.js';
import { momentumField, resolveSchedule, setsMomentum } from './schedules/index.js';
import { elements } from './shapes.js';
import { SpecError, type SpecIssue } from './spec-error.js';
import { foldCounts, validationCounts } from './splits.js';
import { testTimeProblems } from './test-time/index.js';
import { averageProblems, microBatchProblems, weightCopies } from './wrappers/index.js';
import { resolveSwa } from './wrappers/swa.js';

/** A checkpoint holds weights, optimizer slots (both twice where the run may go back) and the best weights in fp32, and is one array of at most 4 GiB. */
const MAX_CHECKPOINT_VALUES = 1_000_000_000;
const MAX_STEPS = 0x7fff_ffff;

/** About half a minute of one core. */
const MAX_ORTHOGONAL_WORK = 4e10;

/** How long a run is on its dataset. */
export interface RunLength {
  trainSamples: number;
  validationSamples: number;
  stepsPerEpoch: number;
  totalSteps: number;
}

/** Images of each class that the recipe holds out of the train split. */
function heldOut(
  { validation, crossValidation }: Pick<ResolvedRecipe, 'validation' | 'crossValidation'>,
  { counts }: Pick<DatasetFacts, 'counts'>,
): number[] {
  const inTrain = counts.train ?? [];
  if (crossValidation !== null) return foldCounts(inTrain, crossValidation);
  return counts.validation ? inTrain.map(() => 0) : validationCounts(inTrain, validation.fraction);
}

/** The last, smaller batch of an epoch is a step too. */
export function runLength(
  recipe: Pick<ResolvedRecipe, 'validation' | 'crossValidation' | 'batchSize' | 'epochs'>,
  facts: Pick<DatasetFacts, 'counts'>,
): RunLength {
  const inTrain = facts.counts.train ?? [];
  const ownSplit = recipe.crossValidation === null ? facts.counts.validation : undefined;
  const held = sum(heldOut(recipe, facts));
  const trainSamples = sum(inTrain) - held;
  const stepsPerEpoch = Math.ceil(trainSamples / recipe.batchSize);
  return {
    trainSamples,
    validationSamples: ownSplit ? sum(ownSplit) : held,
    stepsPerEpoch,
    totalSteps: stepsPerEpoch * recipe.epochs,
  };
}

/** Name of the first normalisation that gets one value per channel from a batch of one image; null if there is none. */
export function singleValueNorm(nodes: Node[]): string | null {
  const norm = nodes.find((node) => node.kind === 'batch-norm' && elements(node.shape) === node.shape[0]);
  return norm?.name ?? null;
}

function dataProblems(facts: DatasetFacts, length: RunLength, recipe: ResolvedRecipe): SpecIssue[] {
  const issues: SpecIssue[] = [];
  const refuse = (path: string[], message: string) => issues.push({ path, message });
  if (facts.classes.length < 2)
    refuse(['dataset'], `has ${facts.classes.length} class; a classifier needs at least 2`);
  if (length.trainSamples === 0) refuse(['dataset'], 'has no images to train on');
  else if (length.validationSamples === 0)
    refuse(
      recipe.crossValidation ? ['crossValidation', 'folds'] : ['validation'],
      recipe.crossValidation
        ? `is more than the images of the train split: fold ${recipe.crossValidation.fold} is empty`
        : 'no image can be held out: every class has one image only',
    );
  if (length.totalSteps > MAX_STEPS)
    refuse(
      ['epochs'],
      `${recipe.epochs} epochs are ${length.totalSteps} steps; a run has at most ${MAX_STEPS}`,
    );
  return issues;
}

function recoveryProblems({ recovery, schedule, batchSize, microBatchSize }: ResolvedRecipe): SpecIssue[] {
  if (recovery.nonFinite && isRangeTest(schedule)) {
    const message = 'must be null with a range test, which ends where its loss diverges';
    return [{ path: ['recovery', 'nonFinite'], message }];
  }
  const least = recovery.outOfMemory?.minimumMicroBatchSize;
  const atOnce = microBatchSize ?? batchSize;
  if (least === undefined || least < atOnce) return [];
  const message = `must be less than ${atOnce}, the images that are computed at once: nothing could be made smaller`;
  return [{ path: ['recovery', 'outOfMemory', 'minimumMicroBatchSize'], message }];
}

/** What batches of this run lack for the normalisations of these layers. */
function batchProblems(nodes: Node[], { batchSize, microBatchSize }: ResolvedRecipe, trainSamples: number) {
  const norm = singleValueNorm(nodes);
  const issues: SpecIssue[] = [];
  if (norm !== null && trainSamples % batchSize === 1 % batchSize)
    issues.push({
      path: ['batchSize'],
      message: `${batchSize} leaves a batch of one image (${trainSamples} in an epoch), of which batch normalisation "${norm}" cannot take a variance; choose another size`,
    });
  return [...issues, ...microBatchProblems({ batchSize, microBatchSize }, trainSamples, norm)];
}

function resizingIssues(nodes: Node[], recipe: ResolvedRecipe, facts: DatasetFacts, trainSamples: number) {
  const { progressiveResizing: options, augmentation } = recipe;
  if (options === null) return [];
  const { channels, height, width } = facts;
  const wrong = batchProblems(nodes, recipe, trainSamples).length > 0; // at every size then, and said already
  const nodeProblems = (small: Node[]) => (wrong ? [] : batchProblems(small, recipe, trainSamples));
  const run = { augmentation, nodes, input: { channels, height, width }, nodeProblems };
  return resizingProblems(options, run).map(({ path, message }) => ({
    path: ['progressiveResizing', ...path],
    message,
  }));
}

function networkProblems(recipe: ResolvedRecipe, facts: DatasetFacts, length: RunLength): SpecIssue[] {
  let nodes: Node[];
  try {
    const classes = facts.classes.length;
    const outputs = outputCount(recipe.loss.kind, classes);
    nodes = buildArchitecture(recipe.architecture, { ...facts, classes, outputs });
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return error.issues.map(({ path, message }) => ({ path: ['architecture', ...path], message }));
  }
  const issues: SpecIssue[] = [];
  const { parameters } = networkParameters(nodes, facts, recipe.architecture.initializer);
  const count = sum(parameters.map((parameter) => elements(parameter.shape)));
  const state =
    (1 + weightCopies(recipe)) * count + slotCount(resolveOptimizer(recipe.optimizer), parameters);
  const values = count + (recipe.recovery.nonFinite ? 2 : 1) * state;
  const most = Math.floor((MAX_CHECKPOINT_VALUES * count) / Math.max(1, values));
  if (count > most)
    issues.push({
      path: ['architecture'],
      message: `has ${count} parameters; at most ${most} are allowed with ${recipe.optimizer.kind}, so that a checkpoint stays below 4 GiB`,
    });
  const slow = parameters.find(
    ({ shape, initializer }) =>
      initializer.kind === 'orthogonal' && orthogonalWork(shape) > MAX_ORTHOGONAL_WORK,
  );
  if (slow !== undefined)
    issues.push({
      path: ['architecture', 'initializer'],
      message: `orthogonal would take minutes for ${slow.name} of ${slow.shape.join('×')}; choose another initializer or a smaller layer`,
    });
  return [
    ...issues,
    ...batchProblems(nodes, recipe, length.trainSamples),
    ...resizingIssues(nodes, recipe, facts, length.trainSamples),
  ];
}

function momentumIssues({ schedule, optimizer }: ResolvedRecipe): SpecIssue[] {
  const message = momentumProblem(optimizer);
  if (message === null) return [];
  return schedule.flatMap((segment, i) =>
    setsMomentum(segment)
      ? [{ path: ['schedule', i, momentumField(segment)], message: `momentum ${message}` }]
      : [],
  );
}

function testTimeIssues(recipe: ResolvedRecipe, { height, width }: DatasetFacts): SpecIssue[] {
  const { testTimeAugmentation: options, augmentation, seed, loss } = recipe;
  if (options === null) return [];
  const issues = testTimeProblems(options, { height, width, augmentation, seed });
  if (options.average === 'probabilities' && lossOutputs(loss.kind) === 'values')
    issues.push({
      path: ['average'],
      message: `must be "logits" with ${loss.kind}, which has no probabilities`,
    });
  return issues.map(({ path, message }) => ({ path: ['testTimeAugmentation', ...path], message }));
}

/** What is known of the device that will train; leaves `precision: auto` undecided where it is not given. */
export interface EngineFacts {
  fastBf16: boolean;
}

export const choosePrecision = (
  asked: ResolvedRecipe['precision'],
  { fastBf16 }: EngineFacts,
): 'fp32' | 'bf16' => (asked === 'auto' ? (fastBf16 ? 'bf16' : 'fp32') : asked);

/**
 * Fills in every default (the recipe's own fields, then its preset's, then the general ones) and turns durations into
 * steps. Throws SpecError with everything that makes no sense for this dataset. `hash` is the sha256 of the result.
 */
export function resolveRecipe(
  recipe: Recipe,
  facts: DatasetFacts,
  engine?: EngineFacts,
): { recipe: ResolvedRecipe; hash: string } {
  const { preset, dataset, ...own } = recipe;
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  const options = parseRunOptions({
    ...defaultRunOptions,
    ...(preset ? presets[preset].recipe : {}),
    ...given,
  });
  const length = runLength(options, facts);
  const { optimizer } = options;
  const held = heldOut(options, facts);
  const counts = facts.classes.map((_, c) => (facts.counts.train?.[c] ?? 0) - (held[c] ?? 0));
  const resolved = {
    ...options,
    dataset,
    loss: resolveLoss(options.loss, counts),
    optimizer: {
      ...resolveOptimizer(optimizer),
      learningRate: optimizer.learningRate,
      weightDecay: optimizer.weightDecay,
    },
    schedule: resolveSchedule(options.schedule, Math.max(1, length.stepsPerEpoch)),
    swa: options.swa && resolveSwa(options.swa, Math.max(1, length.stepsPerEpoch)),
    precision: engine ? choosePrecision(options.precision, engine) : options.precision,
    topK: Math.min(options.topK, facts.classes.length),
  } as ResolvedRecipe;
  const issues = [
    ...lossProblems(options.loss, counts).map(({ path, message }) => ({ path: ['loss', ...path], message })),
    ...dataProblems(facts, length, resolved),
    ...networkProblems(resolved, facts, length),
    ...augmentationProblems(resolved.augmentation, facts).map(({ path, message }) => ({
      path: ['augmentation', ...path],
      message,
    })),
    ...momentumIssues(resolved),
    ...averageProblems(resolved, length.totalSteps),
    ...normalizationProblems(resolved.normalization, facts).map(({ path, message }) => ({
      path: ['normalization', ...path],
      message,
    })),
    ...testTimeIssues(resolved, facts),
    ...recoveryProblems(resolved),
  ];
  if (issues.length > 0) throw new SpecError(issues);
  return { recipe: resolved, hash: recipeHash(resolved) };
}
