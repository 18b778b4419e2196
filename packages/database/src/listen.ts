import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { connectionConfig } from './connection.js';

export type Channel = 'job' | 'dataset' | 'prediction';
export type Handler = (id: string) => void;

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;
const PROBE_MS = 30_000;

export interface Listener {
  /** Resolves when the server listens. */
  listen(channel: Channel, handler: Handler): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/**
 * LISTEN on one connection of its own, made at the first use and made again whenever it breaks. What was sent
 * meanwhile is lost: a notification is a hint to read the row, and whoever waits looks now and then by
 * itself.
 */
export function createListener(url: string, onError: (error: Error) => void): Listener {
  const handlers: Record<Channel, Set<Handler>> = {
    job: new Set(),
    dataset: new Set(),
    prediction: new Set(),
  };
  const closed = new AbortController();
  let connection: Promise<pg.Client> | undefined;
  let client: pg.Client | undefined;

  const deliver = ({ channel, payload = '' }: pg.Notification) => {
    const set = handlers[channel.replace(/^ravine_/, '') as Channel];
    for (const handler of set ?? []) handler(payload);
  };

  async function connect(): Promise<pg.Client> {
    const fresh = new pg.Client({ ...connectionConfig(url), query_timeout: 10_000 });
    fresh.on('error', () => {}); // 'end' follows
    await fresh.connect();
    try {
      for (const channel of Object.keys(handlers)) await fresh.query(`listen ravine_${channel}`);
    } catch (error) {
      await fresh.end().catch(() => {});
      throw error;
    }
    fresh.on('notification', deliver);
    // A peer that vanished without a word is found out by asking.
    const probe = setInterval(
      () => fresh.query('select 1').catch(() => fresh.end().catch(() => {})),
      PROBE_MS,
    );
    fresh.once('end', () => {
      clearInterval(probe);
      if (client !== fresh) return;
      client = undefined;
      connection = closed.signal.aborted ? undefined : reconnect();
      connection?.catch(() => {});
    });
    client = fresh;
    return fresh;
  }

  async function reconnect(): Promise<pg.Client> {
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      await sleep(wait, undefined, { signal: closed.signal, ref: false });
      try {
        return await connect();
      } catch (error) {
        onError(error as Error);
      }
    }
  }

  return {
    async listen(channel, handler) {
      connection ??= connect();
      await connection.catch((error) => {
        connection = undefined; // the next caller tries again
        throw error;
      });
      handlers[channel].add(handler);
      return async () => {
        handlers[channel].delete(handler);
      };
    },
    async close() {
      closed.abort();
      const open = client;
      client = undefined;
      await open?.end();
    },
  };
}
