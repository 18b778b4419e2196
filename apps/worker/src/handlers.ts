import type { DeliveryHandler, QueueName } from '@ravine/queue';
import { createIngestHandler } from './datasets/ingest-handler.js';
import { createTrainHandler } from './jobs/train-handler.js';
import type { WorkerContext } from './parts.js';
import { createPredictHandler } from './predictions/predict-handler.js';

/** What is done with the deliveries of each queue; a queue without a handler does not compile. */
export type Handlers = Record<QueueName, DeliveryHandler>;

export const createHandlers = (context: WorkerContext): Handlers => ({
  'train.cpu': createTrainHandler('cpu', context),
  'train.cuda': createTrainHandler('cuda', context),
  control: createIngestHandler(context),
  predict: createPredictHandler(context),
});
