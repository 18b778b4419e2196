import { setTimeout as delay } from 'node:timers/promises';
import { createPostgresBackend, createPostgresRelayBackend, runMigrations } from 'bullmq';
import { Pool, type PoolConfig } from 'pg';
import { unavailable } from './answer.js';
import type { Backend } from './backend.js';
import { QueueError } from './error.js';
import type { QueueTimings } from './queues.js';

/** Every consumer and the relay hold one connection for LISTEN; the rest is for queries. The pool grows on demand. */
const maxConnections = 24;

/**
 * Connects to PostgreSQL, waiting up to `startMs` for it, and creates or updates the schema `bullmq`. The broker's own
 * objects never recover from a first connection that failed, so they are made only after a query has been answered.
 */
export async function openPostgres(
  url: string,
  timings: QueueTimings,
  trouble: (error: Error) => void,
): Promise<Backend> {
  const { config, place } = addressOf(url);
  const pool = new Pool({
    ...config,
    max: maxConnections,
    connectionTimeoutMillis: timings.answerMs,
    query_timeout: 4 * timings.answerMs,
    keepAlive: true,
    application_name: 'ravine-queue',
  });
  pool.setMaxListeners(0); // every queue, consumer and relay adds one
  pool.on('error', trouble);
  // A client that is lent out and loses its connection would end the process where nobody listens.
  pool.on('connect', (client) => client.on('error', trouble));
  try {
    await untilAnswered(pool, timings.startMs);
    await migrate(pool);
  } catch (error) {
    await pool.end();
    throw unavailable(place, error);
  }
  return {
    kind: 'postgres',
    place,
    producing: pool,
    consuming: pool,
    createBackend: createPostgresBackend as Backend['createBackend'], // given a Pool, which it knows
    createRelayBackend: createPostgresRelayBackend as Backend['createRelayBackend'],
    async ping() {
      await pool.query('select 1');
    },
    close: () => pool.end(),
  };
}

/** `options` in a URL would replace the search path, so it is taken out and joined with it. */
function addressOf(url: string): { config: PoolConfig; place: string } {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol)) {
    throw new QueueError('invalid', 'database URL: must be postgresql://user:password@host:port/database');
  }
  const address = new URL(url);
  const given = address.searchParams.get('options');
  address.searchParams.delete('options');
  const host = address.searchParams.get('host') ?? address.hostname;
  return {
    config: {
      connectionString: address.href,
      options: given ? `${given} -c search_path=bullmq` : '-c search_path=bullmq',
    },
    place: `postgres at ${host}:${address.port || 5432}${address.pathname}`,
  };
}

async function untilAnswered(pool: Pool, startMs: number): Promise<void> {
  const deadline = Date.now() + startMs;
  while (true) {
    try {
      await pool.query('select 1');
      return;
    } catch (error) {
      if (isFinal(error) || Date.now() > deadline) throw error;
      await delay(250);
    }
  }
}

/** A wrong password or a missing database does not get better by waiting. */
function isFinal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(28|3D)/.test(String(error.code));
}

/** Runs in one transaction under an advisory lock, so that many processes may start at once. */
async function migrate(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await runMigrations(client);
  } finally {
    client.release();
  }
}
