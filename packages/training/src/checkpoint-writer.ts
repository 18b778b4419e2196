import {
  asRollback,
  type Checkpoint,
  type CheckpointMetadata,
  encodeCheckpointParts,
  renamed,
  type TrainingPosition,
} from './checkpoint.js';
import { type CheckpointPace, createCheckpointPace } from './checkpoint-pace.js';
import type { StateDict } from './engine.js';
import { judgedWeights } from './judged-weights.js';
import { recipeHash } from './recipe-hash.js';
import type { TrainingRun } from './training-run.js';

/** What a run holds beside the state of its session. */
export interface HeldStates {
  best: StateDict;
  /** Where it would go back to; null where it would not. */
  rollback: StateDict | null;
}

/** Writes the checkpoints of a run: what they hold, and the best one before any that builds on it. */
export class CheckpointWriter {
  readonly pace: CheckpointPace;
  private readonly build: string;
  private readonly recipeHash: string;
  private pendingBest: Checkpoint | null = null;

  /** `saved`: a position that a checkpoint exists of, or at which there is nothing to save. */
  constructor(
    private readonly run: TrainingRun,
    private saved: TrainingPosition,
  ) {
    this.pace = createCheckpointPace(run.checkpoints ?? { everySteps: null, everySeconds: null }, run.clock);
    this.build = run.engine.describe().build;
    this.recipeHash = run.recipeHash ?? recipeHash(run.recipe);
  }

  /** Weights that are the best so far; they are written with the next checkpoint. */
  chooseBest(position: TrainingPosition, weights: StateDict): void {
    this.pendingBest = { metadata: this.metadata('best', position), tensors: weights };
  }

  /**
   * Everything to go on from. The best weights come first where they are new: a run that goes on from this one would not
   * write them again.
   */
  async saveLast(
    position: TrainingPosition,
    state: () => Promise<StateDict>,
    held: HeldStates,
  ): Promise<void> {
    const began = this.run.clock();
    await this.saveBest();
    const tensors = this.complete(await state(), position, held);
    await this.write({ metadata: this.metadata('last', position), tensors });
    this.saved = position;
    this.pace.took(this.run.clock() - began);
  }

  /** Whether there is anything that no checkpoint has. */
  isSaved(position: TrainingPosition): boolean {
    return this.saved === position;
  }

  /** The best weights, unless they are written. */
  async saveBest(): Promise<void> {
    if (this.pendingBest === null) return;
    await this.write(this.pendingBest);
    this.pendingBest = null;
  }

  /** Adds what differs from the state of the session. */
  private complete(state: StateDict, position: TrainingPosition, { best, rollback }: HeldStates): StateDict {
    const { recipe, program } = this.run;
    const { step, recovery } = position;
    const isBest = position.best?.step === step && judgedWeights(recipe, program, step) === null;
    return new Map([
      ...state,
      ...(position.best && !isBest ? renamed(best, 'model', 'best') : []),
      ...(rollback && recovery?.from !== step ? asRollback(rollback) : []),
    ]);
  }

  private metadata(role: CheckpointMetadata['role'], position: TrainingPosition): CheckpointMetadata {
    const { engine, program } = this.run;
    return {
      format: 'ravine-checkpoint-1',
      role,
      recipeHash: this.recipeHash,
      engine: engine.name,
      build: this.build,
      precision: program.precision,
      position,
    };
  }

  private async write(checkpoint: Checkpoint): Promise<void> {
    const { metadata } = checkpoint;
    await this.run.report({ type: 'checkpoint', metadata, parts: encodeCheckpointParts(checkpoint) });
  }
}
