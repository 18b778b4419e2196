import type { JobsOptions } from 'bullmq';
import type { DeliveryQueue } from './backend.js';
import { type BrokerOptions, openBroker } from './broker.js';
import { brokerKey, brokerPriority, deliveryOptions, type Payload } from './catalog.js';
import { createConsumer, type SignalledConsumer } from './consumer.js';
import { QueueError } from './error.js';
import type { Queues } from './queues.js';

export interface QueuesOptions extends BrokerOptions {
  /** Whether a handler's error may go away by itself. Default: the error's own `retryable`, else yes. */
  retryable?: (error: unknown) => boolean;
}

const signalTopic = 'deliveries.signal';

/** Opens BullMQ on Redis when a Redis URL is given, else on PostgreSQL; waits for the broker up to `timings.startMs`. */
export async function createQueues(options: QueuesOptions): Promise<Queues> {
  const broker = await openBroker(options);
  const { backend, relay, ask, timings } = broker;
  const consumers = new Set<SignalledConsumer>();
  const context = { log: options.log, retryable: options.retryable ?? saysRetryable };

  const close = async (): Promise<void> => {
    await Promise.all([...consumers].map((consumer) => consumer.close({ handBack: true })));
    await broker.close();
  };
  const abort = ({ data }: { data: { id: string; reason: string } }): void => {
    for (const consumer of consumers) consumer.abort(data.id, data.reason);
  };
  await ask(relay.subscribe(signalTopic, abort)).catch(async (error) => {
    await close();
    throw error;
  });

  return {
    backend: backend.kind,
    async enqueue(name, id, { priority = 0, delayMs = 0, dedupeKey = id } = {}) {
      const queue = broker.queue(name);
      const jobId = brokerKey(dedupeKey);
      brokerKey(id);
      assertCount('delayMs', delayMs, 0);
      const place = { jobId, priority: brokerPriority(priority), delay: delayMs };
      await ask(add(queue, id, { ...deliveryOptions(name, timings.backoffMs), ...place }));
    },
    async remove(name, key) {
      return ask(take(broker.queue(name), brokerKey(key)));
    },
    async has(name, key) {
      const state = await ask(broker.queue(name).getJobState(brokerKey(key)));
      return state === 'active' || waits(state);
    },
    async consume(name, handler, { concurrency }) {
      assertCount('concurrency', concurrency, 1);
      const consumer = await createConsumer(broker, context, broker.queue(name).name, handler, concurrency);
      consumers.add(consumer);
      return {
        async close(how) {
          await consumer.close(how);
          consumers.delete(consumer);
        },
      };
    },
    async signal(id, reason) {
      await ask(relay.publish(signalTopic, { id, reason }));
    },
    async counts(name) {
      const counts = await ask(
        broker.queue(name).getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed'),
      );
      const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = counts;
      return { waiting: waiting + prioritized, active, delayed, failed };
    },
    check: () => ask(backend.ping()),
    describe: () => `BullMQ on ${backend.place}, prefix ${broker.prefix}`,
    close,
  };
}

/** A delivery that failed for good is kept to be looked at, and would otherwise block its key. */
async function add(
  queue: DeliveryQueue,
  id: string,
  options: JobsOptions & { jobId: string },
): Promise<void> {
  if ((await queue.getJobState(options.jobId)) === 'failed') await queue.remove(options.jobId);
  await queue.add('delivery', { id } satisfies Payload, options);
}

async function take(queue: DeliveryQueue, jobId: string): Promise<boolean> {
  if (!waits(await queue.getJobState(jobId))) return false;
  return (await queue.remove(jobId)) > 0;
}

function waits(state: string): boolean {
  return state === 'waiting' || state === 'prioritized' || state === 'delayed';
}

function saysRetryable(error: unknown): boolean {
  return !(error instanceof Error && 'retryable' in error && error.retryable === false);
}

function assertCount(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new QueueError('invalid', `${name} ${value}: must be a whole number, ${least} or more`);
  }
}
