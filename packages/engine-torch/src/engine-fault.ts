import { EngineError, type EngineErrorCode } from '@ravine/training';

const CODES: readonly string[] = [
  'engine_unavailable',
  'engine_unsupported',
  'engine_failed',
  'engine_out_of_memory',
];

/** The rejection of a native call as an EngineError. */
export function toEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const { code, message } = error as { code?: string; message?: string };
  const known = code !== undefined && CODES.includes(code) ? (code as EngineErrorCode) : 'engine_failed';
  return new EngineError(known, message ?? String(error), { cause: error });
}

/** Throws `engine_failed` unless `holds`: the caller broke the contract of the engine boundary. */
export function check(holds: boolean, message: () => string): asserts holds {
  if (!holds) throw new EngineError('engine_failed', message());
}

/** Throws `engine_unsupported` unless `holds`: the program asks for what this engine cannot compute. */
export function support(holds: boolean, message: () => string): asserts holds {
  if (!holds) throw new EngineError('engine_unsupported', message());
}
