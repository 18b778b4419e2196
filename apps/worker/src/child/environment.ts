import { childEnvironment as engineEnvironment } from '@ravine/engine-torch';

/** What the service knows and a process that decodes foreign images must not. */
const SECRET = /^(DATABASE_URL|REDIS_URL|STORAGE_URL|AWS_.*|PG.*|.*(API_KEY|SECRET|TOKEN|PASSWORD).*)$/i;

/** Hangs oneDNN: its barriers count on the number of threads that was asked for. */
const HARMFUL = new Set(['OMP_DYNAMIC']);

/** The environment of a child process: that of the worker without secrets, with what engines read at their start. */
export function childEnvironment(
  parent: Record<string, string | undefined>,
  threads: number,
): Record<string, string> {
  const kept = Object.entries(parent).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !SECRET.test(entry[0]) && !HARMFUL.has(entry[0]),
  );
  const own = Object.fromEntries(kept);
  const engine = engineEnvironment(threads);
  // What the user has set says more about this machine than our defaults; the thread count is ours to divide.
  return { ...engine, ...own, ...threadCounts(engine) };
}

const threadCounts = (engine: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(engine).filter(([name]) => name.endsWith('_NUM_THREADS')));
