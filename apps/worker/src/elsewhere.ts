import { canCompute } from './engines.js';
import type { WorkerContext } from './parts.js';

/**
 * Whether work for such a device should wait for another worker, because this one has no engine for it and another has.
 * If none has, this one takes the work, to refuse it with the reason.
 */
export async function belongsElsewhere(
  deviceKind: 'cpu' | 'cuda',
  { database, engines: own, workerId }: Pick<WorkerContext, 'database' | 'engines' | 'workerId'>,
): Promise<boolean> {
  if (canCompute(own, deviceKind)) return false;
  const workers = await database.workers.list();
  return workers.some(
    ({ id, status, engines }) => id !== workerId && status === 'online' && canCompute(engines, deviceKind),
  );
}
