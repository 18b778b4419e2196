import type { JobsOptions } from 'bullmq';
import { z } from 'zod';
import { QueueError } from './error.js';

const deliveryId = /^[A-Za-z][A-Za-z0-9_.:-]{0,199}$/;

/** Everything that a delivery carries: the id of the row that says what to do. */
export const Payload = z.strictObject({ id: z.string().regex(deliveryId) });
export type Payload = z.output<typeof Payload>;

/** How often a delivery is tried when its handler throws a retryable error, and how long to wait in between. */
interface Policy {
  payload: typeof Payload;
  attempts: number;
  backoff: { type: 'fixed' | 'exponential'; delay: number; jitter: number };
}

const train: Policy = {
  payload: Payload,
  attempts: 5,
  backoff: { type: 'exponential', delay: 10_000, jitter: 0.3 },
};

/** Every queue there is. To add one: an entry here, and a handler where it is consumed. */
export const queueCatalog = {
  'train.cpu': train,
  'train.cuda': train,
  control: { payload: Payload, attempts: 5, backoff: { type: 'exponential', delay: 2_000, jitter: 0.3 } },
  predict: { payload: Payload, attempts: 2, backoff: { type: 'fixed', delay: 250, jitter: 0 } },
} as const satisfies Record<string, Policy>;

/**
 * Key of the delivery that brings a job to its next attempt: while one waits or runs, another one is not added, and a job
 * that was let go of may be enqueued before the delivery of the attempt before has ended.
 */
export const deliveryKey = (id: string, attempt: number): string => (attempt === 0 ? id : `${id}:${attempt}`);

export type QueueName = keyof typeof queueCatalog;
export const queueNames = Object.keys(queueCatalog) as QueueName[];

/** Failed deliveries are kept for a person to look at; what happened to the work is told by its row. */
const keepFailed = { age: 7 * 24 * 3600, count: 1000 };

/** The options of one delivery; `backoffMs` replaces the delay of the policy. */
export function deliveryOptions(name: QueueName, backoffMs: number | undefined): JobsOptions {
  const { attempts, backoff } = queueCatalog[name];
  return {
    attempts,
    backoff: backoffMs === undefined ? backoff : { ...backoff, delay: backoffMs },
    removeOnComplete: true,
    removeOnFail: keepFailed,
    stackTraceLimit: 0,
  };
}

const priorityLimit = 1_000_000;

/** BullMQ takes 1 to 2,097,152 with the lowest first; ours is symmetric around 0 with the highest first. */
export function brokerPriority(priority: number): number {
  if (!Number.isInteger(priority) || Math.abs(priority) > priorityLimit) {
    throw new QueueError(
      'invalid',
      `priority ${priority}: must be an integer from -${priorityLimit} to ${priorityLimit}`,
    );
  }
  return priorityLimit + 1 - priority;
}

/** The broker's name of a delivery. It allows no colon, which our keys use (`job_1:2`); `/` occurs in no key. */
export function brokerKey(key: string): string {
  if (!deliveryId.test(key)) {
    throw new QueueError(
      'invalid',
      `queue key ${JSON.stringify(key.slice(0, 80))}: must begin with a letter and have up to 200 letters, digits, "_", ".", ":" or "-"`,
    );
  }
  return key.replaceAll(':', '/');
}
