import { AppError } from '@ravine/contracts';
import type pg from 'pg';
import { nameOf } from './connection.js';
import { compare } from './migrate/migrate.js';

const OLDEST = 140_000;

/**
 * Refuses a server that is too old and a database that lacks migrations, with `service_unavailable` and what
 * to do.
 */
export async function checkDatabase(pool: pg.Pool, url: string): Promise<{ serverVersion: string }> {
  const { rows } = await pool.query<{ number: number; version: string }>(
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as version`,
  );
  const { number = 0, version = 'unknown' } = rows[0] ?? {};
  if (number < OLDEST) {
    throw new AppError('service_unavailable', {
      detail: `The database (${nameOf(url)}) is PostgreSQL ${version}; version 14 or newer is needed`,
    });
  }
  const { pending } = await compare(pool, url);
  if (pending.length > 0) {
    throw new AppError('service_unavailable', {
      detail:
        `The database (${nameOf(url)}) lacks ${pending.map(({ name }) => name).join(', ')}; ` +
        'run npm run migrate -w @ravine/database -- deploy',
    });
  }
  return { serverVersion: version };
}
