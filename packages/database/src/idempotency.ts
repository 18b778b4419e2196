import { randomUUID } from 'node:crypto';
import { newId } from '@ravine/contracts';
import type pg from 'pg';
import { first, json } from './sql.js';

/** How long the key of a process that died stays taken, and how often a live one says that it lives. */
const HOLD = { lockMs: 30_000, renewMs: 7_000 };

export interface KeptAnswer {
  status: number;
  body: unknown;
  requestHash: string;
}

export type Begun =
  /**
   * The caller runs the request, then calls `complete`, `abandon` or `release`. What the request makes takes the reserved id
   * (without its prefix): a process that died between making it and `complete` used the same one.
   */
  | { state: 'new'; reservedId: string; again: boolean }
  /**
   * The first request succeeded with this answer. With a null hash the caller still has to compare
   * `requestHash`.
   */
  | ({ state: 'replay' } & KeptAnswer)
  | { state: 'in_progress' }
  | { state: 'mismatch' };

/**
 * Idempotency-Keys of POST requests: what runs in this process is held; what a dead process held is free
 * after half a minute.
 */
export interface Idempotency {
  /** `requestHash` is null while the body is not read yet (uploads). */
  begin(project: string, key: string, route: string, requestHash: string | null): Promise<Begun>;
  complete(project: string, key: string, answer: KeptAnswer): Promise<void>;
  /** The request was refused and made nothing: the key may be used for any other. */
  abandon(project: string, key: string): Promise<void>;
  /** The request failed, and may have made something: the same request takes the key over at once, reserved id and all. */
  release(project: string, key: string): Promise<void>;
  /** Forgets answers of that age (the API keeps 48 hours); answers how many. */
  purge(olderThanMs: number): Promise<number>;
  close(): void;
}

interface KeyRow {
  route: string;
  request_hash: string | null;
  status: number | null;
  body: unknown;
}

export function createIdempotency(pool: pg.Pool, { lockMs, renewMs } = HOLD): Idempotency {
  const held = new Map<string, string>(); // project and key → owner, of requests that run in this process
  const nameOf = (project: string, key: string) => `${project} ${key}`;

  const renew = setInterval(() => {
    const owners = [...held.values()];
    if (owners.length === 0) return;
    // A failure is made good by the next round; the lock outlives several.
    pool.query(RENEW, [owners, lockMs]).catch(() => {});
  }, renewMs).unref();

  /** Whatever becomes of the statement that follows, this process no longer says that the request runs. */
  const letGo = (project: string, key: string): [string, string, string | null] => {
    const name = nameOf(project, key);
    const owner = held.get(name) ?? null;
    held.delete(name);
    return [project, key, owner];
  };

  return {
    async begin(project, key, route, requestHash) {
      const owner = randomUUID();
      const reserved = newId('req').slice('req_'.length);
      const taken = await first<{ reserved_id: string }>(pool, TAKE, [
        ...[project, key, route, requestHash, owner, lockMs, reserved],
      ]);
      if (taken) {
        held.set(nameOf(project, key), owner);
        return { state: 'new', reservedId: taken.reserved_id, again: taken.reserved_id !== reserved };
      }
      const row = await first<KeyRow & pg.QueryResultRow>(
        pool,
        'select route, request_hash, status, body from idempotency_keys where project = $1 and key = $2',
        [project, key],
      );
      if (row === null) return { state: 'in_progress' }; // given up a moment ago: the caller asks again
      return stateOf(row, route, requestHash);
    },

    async complete(project, key, { status, body, requestHash }) {
      await pool.query(`update idempotency_keys set status = $4, body = $5, request_hash = $6 where ${OWN}`, [
        ...letGo(project, key),
        status,
        json(body),
        requestHash,
      ]);
    },

    async abandon(project, key) {
      await pool.query(`delete from idempotency_keys where ${OWN}`, letGo(project, key));
    },

    async release(project, key) {
      await pool.query(`update idempotency_keys set locked_until = now() where ${OWN}`, letGo(project, key));
    },

    async purge(olderThanMs) {
      const { rowCount } = await pool.query(
        `delete from idempotency_keys where created_at < now() - $1 * interval '1 millisecond' and locked_until < now()`,
        [olderThanMs],
      );
      return rowCount ?? 0;
    },

    close: () => clearInterval(renew),
  };
}

const OWN = 'project = $1 and key = $2 and owner = $3 and status is null';

const RENEW = `update idempotency_keys set locked_until = now() + $2 * interval '1 millisecond'
  where owner = any($1) and status is null`;

/** Makes the row, or takes over the one that a process which died held for the same request; one of many callers gets it. */
const TAKE = `
  insert into idempotency_keys (project, key, route, request_hash, owner, locked_until, reserved_id)
  values ($1, $2, $3, $4, $5, now() + $6 * interval '1 millisecond', $7)
  on conflict (project, key) do update set owner = excluded.owner, locked_until = excluded.locked_until, created_at = now()
  where idempotency_keys.status is null and idempotency_keys.locked_until < now()
    and idempotency_keys.route = excluded.route
    and idempotency_keys.request_hash is not distinct from excluded.request_hash
  returning reserved_id`;

function stateOf(row: KeyRow, route: string, requestHash: string | null): Begun {
  const other =
    row.route !== route ||
    (requestHash !== null && row.request_hash !== null && row.request_hash !== requestHash);
  if (other) return { state: 'mismatch' };
  if (row.status === null) return { state: 'in_progress' };
  return { state: 'replay', status: row.status, body: row.body, requestHash: row.request_hash ?? '' };
}
