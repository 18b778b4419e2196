import { setTimeout as delay } from 'node:timers/promises';
import { type IQueueBackend, Worker } from 'bullmq';
import type { Broker } from './broker.js';
import type { Payload } from './catalog.js';
import { createDeliveries, type Deliveries, type DeliveryContext } from './deliveries.js';
import type { Consumer, DeliveryHandler } from './queues.js';

export interface SignalledConsumer extends Consumer {
  /** Aborts the running deliveries of this id. */
  abort(id: string, reason: string): void;
}

/** How long closing may wait for a broker that is away, once no handler runs any more. */
const settleMs = 5_000;

/** Runs a BullMQ worker on the broker's queue of that name. */
export async function createConsumer(
  broker: Broker,
  context: DeliveryContext,
  queue: string,
  handler: DeliveryHandler,
  concurrency: number,
): Promise<SignalledConsumer> {
  const deliveries = createDeliveries(context, queue, handler);
  await broker.ask(broker.backend.ping());
  const worker = openWorker(broker, queue, deliveries, concurrency);
  worker.on('error', broker.trouble);
  worker.on('lockRenewalFailed', (keys) =>
    deliveries.abort((job) => keys.includes(job.id ?? ''), 'lock-lost'),
  );
  worker.on('stalled', (key) =>
    context.log.warn({ queue, key }, 'delivery lost its consumer; it comes again'),
  );
  try {
    await broker.ask(worker.waitUntilReady());
  } catch (error) {
    worker.close(true).catch(broker.trouble);
    throw error;
  }
  return {
    abort: (id, reason) => deliveries.abort((job) => job.data.id === id, reason),
    async close({ handBack }) {
      const closed = worker.close();
      if (handBack) deliveries.handBack();
      const timer = new AbortController();
      await Promise.race([closed, settled(deliveries, timer.signal)]);
      timer.abort();
    },
  };
}

function openWorker(
  { backend, timings }: Broker,
  queue: string,
  { process }: Deliveries,
  concurrency: number,
) {
  return new Worker<Payload, void, string, IQueueBackend, object, unknown>(
    queue,
    process,
    {
      connection: backend.consuming,
      concurrency,
      lockDuration: timings.lockMs,
      stalledInterval: timings.stalledMs,
      maxStalledCount: 100, // a crash of the process is not the fault of the job that ran in it
      runRetryDelay: 1_000,
    },
    backend.createBackend,
  );
}

/** Resolves a little after the last handler has ended: what is left then waits for a broker that is away. */
async function settled(deliveries: Deliveries, signal: AbortSignal): Promise<void> {
  try {
    while (deliveries.count() > 0) await delay(100, undefined, { signal });
    await delay(settleMs, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
