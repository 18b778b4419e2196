import { createRedisBackend, createRedisRelayBackend } from 'bullmq';
import { Redis } from 'ioredis';
import { unavailable } from './answer.js';
import type { Backend } from './backend.js';
import { QueueError } from './error.js';
import type { QueueTimings } from './queues.js';

/** Connects to Redis, waiting up to `startMs` for it. */
export async function openRedis(
  url: string,
  timings: QueueTimings,
  trouble: (error: Error) => void,
): Promise<Backend> {
  const place = placeOf(url);
  const common = {
    connectTimeout: 5_000,
    keepAlive: 10_000,
    retryStrategy: (times: number) => Math.min(100 * times, 2_000),
  };
  const clients: Redis[] = [];
  const producing = new Redis(url, { ...common, enableOfflineQueue: false, maxRetriesPerRequest: 1 });
  const consuming = new Redis(url, { ...common, maxRetriesPerRequest: null });
  for (const client of [producing, consuming]) collect(client, clients);
  for (const client of clients) client.on('error', trouble);
  try {
    await Promise.all(clients.map((client) => ready(client, timings.startMs)));
  } catch (error) {
    for (const client of clients) client.disconnect();
    throw unavailable(place, error);
  }
  return {
    kind: 'redis',
    place,
    producing,
    consuming,
    createBackend: createRedisBackend as Backend['createBackend'], // given an ioredis client, which it knows
    createRelayBackend: createRedisRelayBackend as Backend['createRelayBackend'],
    async ping() {
      await producing.ping();
    },
    async close() {
      for (const client of clients) client.disconnect();
    },
  };
}

function placeOf(url: string): string {
  if (!URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol)) {
    throw new QueueError('invalid', 'Redis URL: must be redis://host:port/database or rediss://…');
  }
  const { hostname, port, pathname } = new URL(url);
  return `redis at ${hostname}:${port || 6379}${pathname.length > 1 ? pathname : ''}`;
}

/**
 * Notes a client and all that BullMQ will duplicate from it. BullMQ's own way to close them waits for a server that is
 * away; closing all of them here ends that too.
 */
function collect(client: Redis, clients: Redis[]): Redis {
  clients.push(client);
  const duplicate = client.duplicate.bind(client);
  client.duplicate = (override) => collect(duplicate(override), clients);
  return client;
}

/** Resolves when the client can take commands; rejects with its last error after `ms`. */
function ready(client: Redis, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    if (client.status === 'ready') return resolve();
    let last = new Error(`no answer within ${ms} ms`);
    const note = (error: Error) => {
      last = error;
    };
    const timer = setTimeout(() => reject(last), ms);
    client.on('error', note);
    client.once('ready', () => {
      clearTimeout(timer);
      client.off('error', note);
      resolve();
    });
  });
}
