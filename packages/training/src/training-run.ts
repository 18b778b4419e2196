import type { Checkpoint } from './checkpoint.js';
import type { CheckpointPolicy } from './checkpoint-pace.js';
import type { Engine, PackedDataset } from './engine.js';
import type { Fork } from './fork.js';
import type { Program } from './program.js';
import type { ResolvedRecipe } from './recipe.js';
import type { Report } from './reports.js';

/** Both end the epoch in progress at the next step boundary; then come its validation and the final evaluation as usual. */
export interface RunLimits {
  /** So long after the beginning of the run, though at least one step is done. Null: no limit. */
  timeLimitMs?: number | null | undefined;
  /** Once so many steps are done, those before a resume included. Null: no limit. */
  maxSteps?: number | null | undefined;
}

/** All that a run needs from outside. */
export interface TrainingRun {
  engine: Engine;
  recipe: ResolvedRecipe;
  /** The recipe's hash as it was stored with the job, where a version that knew fewer fields did that; left out: that of `recipe`. */
  recipeHash?: string | undefined;
  /** What `compileProgram` made of the recipe. */
  program: Program;
  data: PackedDataset;
  /** Id of one of the engine's devices. */
  device: string;
  threads: number;
  /** A checkpoint with role `last` of the same recipe; null starts from the seed. */
  resume: Checkpoint | null;
  /** What to begin with where there is nothing to resume from; without it, the seed says. */
  fork?: Fork | null | undefined;
  /** Ends the run at the next step boundary, with a checkpoint. */
  signal: AbortSignal;
  /** Awaited: a slow reader slows the run down. */
  report: Report;
  /** Asked at every step boundary: limits may change while the run is in progress. */
  limits?: (() => RunLimits) | undefined;
  /** Checkpoints during epochs; without it there are those at their ends and at the end of the run. */
  checkpoints?: CheckpointPolicy | undefined;
  /** Validation takes at most so many images at once; null: as many as are fast. */
  evaluationBatch?: number | null | undefined;
  /** Ends the run like the signal does once this many steps are done. */
  stopAtStep?: number | undefined;
  /** Milliseconds from any origin, never going back. */
  clock: () => number;
}
