import { Queue, Relay } from 'bullmq';
import { answerWithin } from './answer.js';
import type { Backend, DeliveryQueue } from './backend.js';
import { type QueueName, queueNames } from './catalog.js';
import { QueuePrefix } from './environment.js';
import { QueueError } from './error.js';
import { openPostgres } from './postgres.js';
import { defaultTimings, type QueueLog, type QueueTimings } from './queues.js';
import { openRedis } from './redis.js';
import { createTroubleLog } from './trouble.js';

export interface BrokerOptions {
  /** The broker when given. */
  redisUrl?: string | undefined;
  /** The broker otherwise: its schema `bullmq` is created in this database. */
  databaseUrl?: string | undefined;
  /** Keeps services apart that share one broker. */
  prefix?: string | undefined;
  log: QueueLog;
  timings?: Partial<QueueTimings>;
}

/** The open connections to one broker, and every queue on it. */
export interface Broker {
  backend: Backend;
  prefix: string;
  timings: QueueTimings;
  /** Carries signals between processes. */
  relay: Relay<unknown>;
  queue(name: QueueName): DeliveryQueue;
  /** The answer to a call, or `unavailable` when it fails or is late. */
  ask<T>(work: Promise<T>): Promise<T>;
  /** Told every error of a connection. */
  trouble(error: Error): void;
  close(): Promise<void>;
}

export async function openBroker(options: BrokerOptions): Promise<Broker> {
  const prefix = prefixOf(options.prefix);
  const timings = { ...defaultTimings, ...options.timings };
  const backend = await openBackend(options, timings);
  const trouble = createTroubleLog(options.log, backend.place);
  const ask = <T>(work: Promise<T>): Promise<T> => answerWithin(timings.answerMs, backend.place, work);

  const queues = new Map<QueueName, DeliveryQueue>();
  for (const name of queueNames) {
    const connection = { connection: backend.producing };
    const queue: DeliveryQueue = new Queue(`${prefix}.${name}`, connection, backend.createBackend);
    queues.set(name, queue.on('error', trouble));
  }
  const relay = new Relay<unknown>({
    connection: backend.consuming,
    namespace: prefix,
    backend: backend.createRelayBackend,
  });
  relay.on('error', trouble);
  const parts = [relay, ...queues.values()];

  const close = async (): Promise<void> => {
    await ask(Promise.all(parts.map((part) => part.close()))).catch(trouble);
    await ask(backend.close()).catch(trouble);
  };
  try {
    await ask(Promise.all(parts.map((part) => part.waitUntilReady())));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    backend,
    prefix,
    timings,
    relay,
    queue(name) {
      const queue = queues.get(name);
      if (queue) return queue;
      throw new QueueError(
        'invalid',
        `queue ${JSON.stringify(name)}: must be one of ${queueNames.join(', ')}`,
      );
    },
    ask,
    trouble,
    close,
  };
}

function prefixOf(given = 'ravine'): string {
  const parsed = QueuePrefix.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new QueueError(
    'invalid',
    `queue prefix ${JSON.stringify(given)}: ${parsed.error.issues[0]?.message}`,
  );
}

function openBackend({ redisUrl, databaseUrl, log }: BrokerOptions, timings: QueueTimings): Promise<Backend> {
  if (redisUrl) return openRedis(redisUrl, timings, createTroubleLog(log, 'redis'));
  if (databaseUrl) return openPostgres(databaseUrl, timings, createTroubleLog(log, 'postgres'));
  throw new QueueError('invalid', 'the queue needs a Redis URL or a database URL');
}
