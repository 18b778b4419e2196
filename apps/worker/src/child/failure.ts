import type { Failure } from '@ravine/contracts';
import { DatasetError } from '@ravine/datasets';
import { EngineError, type EngineErrorCode, SpecError } from '@ravine/training';
import { isDiskBroken, isDiskFull } from '../transient.js';

const classOfEngineError: Record<EngineErrorCode, Failure['class']> = {
  engine_unavailable: 'config',
  engine_unsupported: 'config',
  engine_out_of_memory: 'out_of_memory',
  engine_failed: 'internal',
};

const SMALLER = 'use a smaller batchSize, a smaller network or image size, or a machine with more memory';

/** What an error of a training process means for its job. */
export function failureOf(error: unknown): Failure {
  if (error instanceof EngineError) {
    const kind = classOfEngineError[error.code];
    const advice = kind === 'out_of_memory' ? `: ${SMALLER}` : '';
    const { step = null, ...evidence } = error.evidence;
    return {
      ...failure(kind, error.code, `${error.message}${sizeOf(error.evidence)}${advice}`),
      step: step as number | null, // written by the trainer
      evidence,
    };
  }
  if (error instanceof SpecError) return failure('config', 'recipe_invalid', error.message);
  if (error instanceof DatasetError) return failure('data', error.code, error.message);
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError && /allocation failed|array length/i.test(message)) {
    return failure('out_of_memory', 'out_of_memory', `memory ran out (${message}): ${SMALLER}`);
  }
  if (isDiskFull(error)) {
    return failure(
      'infrastructure',
      'storage_full',
      `the disk of the worker is full (${message}): free space in its data folder`,
    );
  }
  if (isDiskBroken(error))
    return failure('infrastructure', 'disk_failed', `the disk of the worker does not work (${message})`);
  const evidence = { stack: error instanceof Error ? error.stack : undefined };
  return { ...failure('internal', 'internal', message), evidence };
}

/** What did not fit, in words, where the trainer knew. */
function sizeOf({ microBatchSize, height, width, bytesAsked }: EngineError['evidence']): string {
  if (microBatchSize === undefined) return '';
  const bytes = typeof bytesAsked === 'number' ? `${bytesAsked} bytes for ` : '';
  return ` (${bytes}${microBatchSize} images of ${height}×${width} at once)`;
}

function failure(kind: Failure['class'], code: string, message: string): Failure {
  const retryable = kind === 'infrastructure' || kind === 'internal';
  return { class: kind, code, message, step: null, retryable, evidence: {} };
}
