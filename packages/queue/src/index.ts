export { deliveryKey, type QueueName, queueCatalog, queueNames } from './catalog.js';
export { createQueues, type QueuesOptions } from './create.js';
export { type QueueEnvironment, queueEnvironment } from './environment.js';
export { QueueError, type QueueErrorCode } from './error.js';
export type {
  Consumer,
  Delivery,
  DeliveryHandler,
  EnqueueOptions,
  Outcome,
  QueueCounts,
  QueueLog,
  Queues,
  QueueTimings,
} from './queues.js';
