import { type JobsOptions, Queue, Relay } from 'bullmq';
import { answerWithin } from './answer.js';
import type { Backend, DeliveryQueue } from './backend.js';
import {
  brokerKey,
  brokerPriority,
  deliveryOptions,
  type Payload,
  type QueueName,
  queueNames,
} from './catalog.js';
import { createConsumer, type SignalledConsumer } from './consumer.js';
import { QueuePrefix } from './environment.js';
import { QueueError } from './error.js';
import { openPostgres } from './postgres.js';
import { defaultTimings, type QueueLog, type Queues, type QueueTimings } from './queues.js';
import { openRedis } from './redis.js';
import { createTroubleLog } from './trouble.js';

export interface QueuesOptions {
  /** The broker when given. */
  redisUrl?: string | undefined;
  /** The broker otherwise: its schema `bullmq` is created in this database. */
  databaseUrl?: string | undefined;
  /** Keeps services apart that share one broker. */
  prefix?: string | undefined;
  log: QueueLog;
  /** Whether a handler's error may go away by itself. Default: the error's own `retryable`, else yes. */
  retryable?: (error: unknown) => boolean;
  timings?: Partial<QueueTimings>;
}

const signalTopic = 'deliveries.signal';

/** Opens BullMQ on Redis when a Redis URL is given, else on PostgreSQL; waits for the broker up to `timings.startMs`. */
export async function createQueues(options: QueuesOptions): Promise<Queues> {
  const prefix = prefixOf(options.prefix);
  const timings = { ...defaultTimings, ...options.timings };
  const backend = await openBackend(options, timings);
  const trouble = createTroubleLog(options.log, backend.place);
  const retryable = options.retryable ?? saysRetryable;
  const consumers = new Set<SignalledConsumer>();

  const brokerName = (name: QueueName) => `${prefix}.${name}`;
  const queues = new Map(queueNames.map((name) => [name, openQueue(brokerName(name), backend, trouble)]));
  const relay = new Relay<unknown>({
    connection: backend.consuming,
    namespace: prefix,
    backend: backend.createRelayBackend,
  });
  relay.on('error', trouble);

  const ask = <T>(work: Promise<T>): Promise<T> => answerWithin(timings.answerMs, backend.place, work);
  const queueOf = (name: QueueName): DeliveryQueue => {
    const queue = queues.get(name);
    if (!queue)
      throw new QueueError(
        'invalid',
        `queue ${JSON.stringify(name)}: must be one of ${queueNames.join(', ')}`,
      );
    return queue;
  };
  const close = async (): Promise<void> => {
    await Promise.all([...consumers].map((consumer) => consumer.close({ handBack: true })));
    const parts = [relay.close(), ...[...queues.values()].map((queue) => queue.close())];
    await ask(Promise.all(parts)).catch(trouble);
    await ask(backend.close()).catch(trouble);
  };

  try {
    await ask(
      Promise.all([relay.waitUntilReady(), ...[...queues.values()].map((queue) => queue.waitUntilReady())]),
    );
    await ask(
      relay.subscribe<{ id: string; reason: string }>(signalTopic, ({ data }) => {
        for (const consumer of consumers) consumer.abort(data.id, data.reason);
      }),
    );
  } catch (error) {
    await close();
    throw error;
  }

  return {
    backend: backend.kind,
    async enqueue(name, id, { priority = 0, delayMs = 0, dedupeKey = id } = {}) {
      const queue = queueOf(name);
      const jobId = brokerKey(dedupeKey);
      brokerKey(id);
      assertDelay(delayMs);
      const place = { jobId, priority: brokerPriority(priority), delay: delayMs };
      await ask(add(queue, id, { ...deliveryOptions(name, timings.backoffMs), ...place }));
    },
    async remove(name, key) {
      const queue = queueOf(name);
      return ask(take(queue, brokerKey(key)));
    },
    async has(name, key) {
      const state = await ask(queueOf(name).getJobState(brokerKey(key)));
      return state === 'active' || waits(state);
    },
    async consume(name, handler, { concurrency }) {
      queueOf(name);
      const queue = brokerName(name);
      const context = { backend, queue, timings, log: options.log, trouble, retryable };
      const consumer = await ask(createConsumer(context, handler, concurrency));
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
        queueOf(name).getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed'),
      );
      const of = (state: string) => counts[state] ?? 0;
      return {
        waiting: of('waiting') + of('prioritized'),
        active: of('active'),
        delayed: of('delayed'),
        failed: of('failed'),
      };
    },
    check: () => ask(backend.ping()),
    describe: () => `BullMQ on ${backend.place}, prefix ${prefix}`,
    close,
  };
}

function prefixOf(given = 'ravine'): string {
  const parsed = QueuePrefix.safeParse(given);
  if (!parsed.success)
    throw new QueueError(
      'invalid',
      `queue prefix ${JSON.stringify(given)}: ${parsed.error.issues[0]?.message}`,
    );
  return parsed.data;
}

function openBackend({ redisUrl, databaseUrl, log }: QueuesOptions, timings: QueueTimings): Promise<Backend> {
  if (redisUrl) return openRedis(redisUrl, timings, createTroubleLog(log, 'redis'));
  if (databaseUrl) return openPostgres(databaseUrl, timings, createTroubleLog(log, 'postgres'));
  throw new QueueError('invalid', 'the queue needs a Redis URL or a database URL');
}

function openQueue(name: string, backend: Backend, trouble: (error: Error) => void): DeliveryQueue {
  const queue: DeliveryQueue = new Queue(name, { connection: backend.producing }, backend.createBackend);
  queue.on('error', trouble);
  return queue;
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

function assertDelay(delayMs: number): void {
  if (!Number.isSafeInteger(delayMs) || delayMs < 0) {
    throw new QueueError('invalid', `delayMs ${delayMs}: must be a whole number of milliseconds, 0 or more`);
  }
}
