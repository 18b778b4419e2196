import type { Checkpoint } from './checkpoint.js';
import type { Engine, PackedDataset } from './engine.js';
import type { Fork } from './fork.js';
import type { Program } from './program.js';
import type { ResolvedRecipe } from './recipe.js';
import type { Report } from './reports.js';

/** All that a run needs from outside. */
export interface TrainingRun {
  engine: Engine;
  recipe: ResolvedRecipe;
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
  /**
   * After this long the epoch in progress ends at the next step boundary; then come its validation and the final
   * evaluation as usual. At least one step is done. Null: no limit.
   */
  timeLimitMs?: number | null | undefined;
  /** Ends the run like the signal does once this many steps are done. */
  stopAtStep?: number | undefined;
  /** Milliseconds from any origin, never going back. */
  clock: () => number;
}
