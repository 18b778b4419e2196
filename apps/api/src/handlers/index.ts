import type { Handlers } from '../contract.js';
import type { Services } from '../services.js';
import { createDatasetHandlers } from './datasets.js';
import { createEvaluateHandlers } from './evaluate.js';
import { createEventHandlers } from './events.js';
import { createForkHandlers } from './fork.js';
import { createGroupHandlers } from './groups.js';
import { createJobFileHandlers } from './job-files.js';
import { createJobHandlers } from './jobs.js';
import { createMetricsHandlers } from './metrics.js';
import { createModelHandlers } from './models.js';
import { createPredictHandlers } from './predict.js';
import { createPreviewHandlers } from './preview.js';
import { createSampleHandlers } from './samples.js';
import { createServiceHandlers } from './service.js';
import { createSteeringHandlers } from './steering.js';
import { createSurfaceHandlers } from './surfaces.js';
import { createWorkerHandlers } from './workers.js';

export const createHandlers = (services: Services): Handlers => ({
  ...createDatasetHandlers(services),
  ...createSampleHandlers(services),
  ...createPreviewHandlers(services),
  ...createJobHandlers(services),
  ...createSteeringHandlers(services),
  ...createForkHandlers(services),
  ...createGroupHandlers(services),
  ...createMetricsHandlers(services),
  ...createEventHandlers(services),
  ...createJobFileHandlers(services),
  ...createModelHandlers(services),
  ...createPredictHandlers(services),
  ...createEvaluateHandlers(services),
  ...createWorkerHandlers(services),
  ...createServiceHandlers(services),
  ...createSurfaceHandlers(),
});
