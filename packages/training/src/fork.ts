import { z } from 'zod';
import type { Checkpoint, TrainingPosition } from './checkpoint.js';
import { compileProgram } from './compile.js';
import type { DatasetFacts } from './dataset-facts.js';
import type { StateDict } from './engine.js';
import { hashOf } from './hash.js';
import type { Program } from './program.js';
import { NO_LOSSES } from './range-test.js';
import type { ResolvedRecipe } from './recipe.js';
import { runLength } from './resolve.js';
import { SpecError, type SpecIssue } from './spec-error.js';

export const ForkKeep = z
  .enum(['state', 'weights'])
  .describe(
    'state: goes on where the checkpoint stands, with its optimizer state. weights: starts at step 0 with its weights and running statistics',
  );
export type ForkKeep = z.output<typeof ForkKeep>;

/** What of the state of the other run the new one keeps; the rest would mean something else under the new recipe. */
export interface ForkedState {
  keep: ForkKeep;
  /** What the schedule has learnt. */
  schedule: boolean;
  /** The best epoch so far and its weights. */
  best: boolean;
}

export interface ForkSide {
  recipe: ResolvedRecipe;
  facts: DatasetFacts;
}

/** Fields that say what the numbers of a state belong to: order and split of the samples, and which arrays there are. */
const BOUND = [
  'dataset',
  'batchSize',
  'seed',
  'validation',
  'crossValidation',
  'ema',
  'swa',
  'lookahead',
] as const satisfies (keyof ResolvedRecipe)[];

const same = (a: unknown, b: unknown): boolean => hashOf(a) === hashOf(b);

/** Why a run of the recipe `to` cannot begin with a checkpoint of `from` that stands after `step` steps. */
export function forkProblems(from: ForkSide, to: ForkSide, keep: ForkKeep, step: number): SpecIssue[] {
  const issues: SpecIssue[] = [];
  const refuse = (path: string[], message: string) => issues.push({ path, message });
  const misfit = firstMisfit(programOf(from), programOf(to));
  if (misfit) refuse(['architecture'], `must fit the checkpoint: ${misfit}`);
  if (keep === 'weights') return issues;
  const advice = 'with keep "weights" it may';
  for (const field of BOUND)
    if (!same(from.recipe[field], to.recipe[field]))
      refuse([field], `cannot change while the state is kept; ${advice}`);
  if (from.recipe.optimizer.kind !== to.recipe.optimizer.kind)
    refuse(['optimizer', 'kind'], `cannot change while its state is kept; ${advice}`);
  const { totalSteps } = runLength(to.recipe, to.facts);
  if (totalSteps <= step)
    refuse(
      ['epochs'],
      `must be more than the checkpoint has: it stands after ${step} of ${totalSteps} steps`,
    );
  return issues;
}

/** What a fork that has no problems keeps. */
export const forkedState = (from: ResolvedRecipe, to: ResolvedRecipe, keep: ForkKeep): ForkedState => ({
  keep,
  schedule: keep === 'state' && same(from.schedule, to.schedule),
  best:
    keep === 'state' && same([from.loss, from.earlyStopping?.metric], [to.loss, to.earlyStopping?.metric]),
});

/** A checkpoint of another run, which fits, and what is kept of it. */
export interface Fork extends ForkedState {
  checkpoint: Checkpoint;
}

/** Where a run stands that begins so; null: before its first step. */
export function forkedPosition({ keep, schedule, best, checkpoint }: Fork): TrainingPosition | null {
  if (keep === 'weights') return null;
  const { position } = checkpoint.metadata;
  return {
    ...position,
    staleEpochs: 0,
    best: best ? position.best : null,
    schedule: schedule ? position.schedule : {},
    rangeTest: NO_LOSSES,
  };
}

/** A first state with the weights and running statistics of the checkpoint. Throws SpecError where they do not fit. */
export function withWeightsOf({ tensors }: Checkpoint, state: StateDict): StateDict {
  const taken: StateDict = new Map();
  for (const [name, own] of state) {
    const tensor = tensors.get(name);
    if (tensor === undefined || tensor.shape.join() !== own.shape.join()) {
      const message = `${name} is ${tensor ? `of ${tensor.shape.join('×')}` : 'not there'} in the checkpoint to begin with, and must be of ${own.shape.join('×')}`;
      throw new SpecError([{ path: ['architecture'], message }]);
    }
    taken.set(name, tensor);
  }
  return taken;
}

const programOf = ({ recipe, facts }: ForkSide): Program => compileProgram(recipe, facts, 'fp32');

/** The first array of a network that another one does not have in the same shape. */
function firstMisfit(from: Program, to: Program): string | null {
  const shapes = ({ parameters, buffers }: Program) =>
    new Map([...parameters, ...buffers].map(({ name, shape }) => [name, shape.join('×')]));
  const [before, after] = [shapes(from), shapes(to)];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [had, has] = [before.get(name), after.get(name)];
    if (had !== has) return `${name} is ${has ?? 'not there'} and was ${had ?? 'not there'}`;
  }
  return null;
}
