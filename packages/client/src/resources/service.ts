import type { Readiness } from '@ravine/contracts';
import type { CallOptions, Transport } from '../transport.js';

export const createWorkers = ({ json }: Transport) => ({
  list: (call?: CallOptions) => json('listWorkers', {}, call),
  get: (workerId: string, call?: CallOptions) => json('getWorker', { params: { workerId } }, call),
});

export const createHealth = ({ json, raw }: Transport) => ({
  live: (call?: CallOptions) => json('getHealth', {}, call),
  /** Also resolves when the service says that it is unavailable: `status` tells. */
  async ready(call?: CallOptions): Promise<Readiness> {
    const response = await raw('getReadiness', {}, call, [503]);
    return (await response.json()) as Readiness;
  },
});
