import { AppError } from '@ravine/contracts';
import type { HandlersOf } from '../contract.js';
import type { Services } from '../services.js';

export function createWorkerHandlers({ database }: Services): HandlersOf<'listWorkers' | 'getWorker'> {
  return {
    async listWorkers() {
      return { object: 'list', data: await database.workers.list() };
    },
    async getWorker({ params: { workerId } }) {
      const worker = await database.workers.get(workerId);
      if (!worker) throw new AppError('worker_not_found', { detail: `There is no worker ${workerId}` });
      return worker;
    },
  };
}
