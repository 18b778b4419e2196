import { createDatasets } from './resources/datasets.js';
import { createGroups } from './resources/groups.js';
import { createJobs } from './resources/jobs.js';
import { createModels } from './resources/models.js';
import { createHealth, createWorkers } from './resources/service.js';
import { createSurfaces } from './resources/surfaces.js';
import { type CallOptions, type ClientOptions, createTransport } from './transport.js';

/** A client of one service. Methods reject with RavineError; POSTs carry an Idempotency-Key and are safe to retry. */
export function createClient(options: ClientOptions = {}) {
  const transport = createTransport(options);
  return {
    baseUrl: transport.baseUrl,
    datasets: createDatasets(transport),
    jobs: createJobs(transport),
    groups: createGroups(transport),
    models: createModels(transport),
    workers: createWorkers(transport),
    health: createHealth(transport),
    surfaces: createSurfaces(transport),
    /** Everything that a recipe may name. */
    catalog: (call?: CallOptions) => transport.json('getCatalog', {}, call),
  };
}

export type Client = ReturnType<typeof createClient>;
