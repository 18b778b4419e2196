import type pg from 'pg';

/** What a single query needs: the pool, or the connection of a transaction. */
export type Queryable = Pick<pg.Pool, 'query'> | Pick<pg.PoolClient, 'query'>;

/** Runs the work in one transaction; everything is rolled back when it rejects. */
export async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure; // the connection is gone; the pool must not hand it out again
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** A value as a jsonb parameter. */
export function json(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value, storable);
}

/**
 * PostgreSQL stores neither the NUL character nor half of a surrogate pair; both become the replacement
 * character.
 */
export function text(value: string): string {
  return value.replaceAll('\u0000', '\ufffd').replace(/\p{Surrogate}/gu, '\ufffd');
}

function storable(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const keys = Object.keys(value);
  if (keys.every((key) => text(key) === key)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [text(key), inner]));
}

/** Inserts one row. Table and column names come from the code, values are parameters. */
export async function insert(
  client: Queryable,
  table: string,
  row: Record<string, unknown>,
  suffix = '',
): Promise<number> {
  const columns = Object.keys(row);
  const places = columns.map((_, index) => `$${index + 1}`);
  const { rowCount } = await client.query(
    `insert into ${table} (${columns.join(', ')}) values (${places.join(', ')}) ${suffix}`,
    Object.values(row),
  );
  return rowCount ?? 0;
}

export async function first<T extends pg.QueryResultRow>(
  client: Queryable,
  statement: string,
  parameters: unknown[],
): Promise<T | null> {
  return (await client.query<T>(statement, parameters)).rows[0] ?? null;
}
