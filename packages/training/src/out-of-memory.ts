import { EngineError } from './engine.js';
import { sizeInEpoch } from './progressive-resizing.js';
import type { TrainingRun } from './training-run.js';

const UNITS: Record<string, number> = { bytes: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** How many bytes an allocator says that it was asked for in vain; null where it does not say. */
export function bytesAsked(message: string): number | null {
  const found = /(?:tried to allocate|you tried to allocate|asked for) ([\d.]+) (bytes|KiB|MiB|GiB)/i.exec(
    message,
  );
  return found ? Math.round(Number(found[1]) * (UNITS[found[2] as string] ?? 1)) : null;
}

/** The error with the size of what did not fit in its evidence, where it is one of memory. */
export function withSize(error: unknown, run: TrainingRun, at: { step: number; epoch: number }): unknown {
  if (!(error instanceof EngineError) || error.code !== 'engine_out_of_memory') return error;
  const { recipe, program } = run;
  const { height, width } = sizeInEpoch(recipe.progressiveResizing, program.input, at.epoch);
  const evidence = {
    step: at.step,
    batchSize: recipe.batchSize,
    microBatchSize: program.microBatchSize ?? recipe.batchSize,
    height,
    width,
    bytesAsked: bytesAsked(error.message),
  };
  return new EngineError(error.code, error.message, { cause: error, evidence });
}
