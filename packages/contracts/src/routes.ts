import { datasetRoutes } from './routes/datasets.js';
import { groupRoutes } from './routes/groups.js';
import { jobResultRoutes } from './routes/job-results.js';
import { jobRoutes } from './routes/jobs.js';
import { modelRoutes } from './routes/models.js';
import { serviceRoutes } from './routes/service.js';
import { surfaceRoutes } from './routes/surfaces.js';

export type { RouteContract } from './routes/contract.js';

/** Every route there is. The server mounts them, the client calls them, OpenAPI and the tests of bad input are made from them. */
export const routes = {
  ...datasetRoutes,
  ...jobRoutes,
  ...groupRoutes,
  ...jobResultRoutes,
  ...modelRoutes,
  ...surfaceRoutes,
  ...serviceRoutes,
};

export type Routes = typeof routes;
export type RouteName = keyof Routes;
