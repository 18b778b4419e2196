import { canCompute } from '../engines.js';
import type { WorkerContext } from '../parts.js';

/**
 * Whether a prediction should wait for another worker, because this one has no engine and another has. If none has, this
 * one takes it, to refuse it with the reason: somebody waits for the answer.
 */
export async function belongsElsewhere({
  database,
  engines: own,
  workerId,
}: Pick<WorkerContext, 'database' | 'engines' | 'workerId'>): Promise<boolean> {
  if (canCompute(own, 'cpu')) return false;
  const workers = await database.workers.list();
  return workers.some(
    ({ id, status, engines }) => id !== workerId && status === 'online' && canCompute(engines, 'cpu'),
  );
}
