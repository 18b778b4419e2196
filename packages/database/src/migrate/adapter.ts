import { randomUUID } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  DriverAdapterError,
  type SqlDriverAdapter,
} from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { connectClient, connectionConfig, withDatabase } from '../connection.js';

const CHAR = 18; // the catalog's one-byte type "char"
const TEXT = 25;

/**
 * Connections for the schema engine. Prisma's own factory must not be used here: given a URL, its shadow
 * connection opens the main database (and the engine resets what it believes to be a shadow), its scripts are
 * cut at every semicolon and are not atomic, and it does not know the type "char" that the catalog is full
 * of.
 */
export function createAdapterFactory(url: string) {
  const open = new Set<() => Promise<void>>();

  async function connect(target: string, afterwards?: () => Promise<void>): Promise<SqlDriverAdapter> {
    const pool = new pg.Pool({ ...connectionConfig(target), max: 1 }); // one session: the engine's advisory lock lives on it
    pool.on('error', () => {});
    let charColumns: number[] = [];
    const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<pg.QueryResult>;
    const noteChars = async (...args: unknown[]) => {
      const result = await query(...args);
      charColumns = [];
      for (const [index, field] of (result.fields ?? []).entries()) {
        if (field.dataTypeID !== CHAR) continue;
        charColumns.push(index);
        field.dataTypeID = TEXT; // the adapter throws at "char"
      }
      return result;
    };
    Object.assign(pool, { query: noteChars });

    const adapter: SqlDriverAdapter = await new PrismaPg(pool).connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    const close = async () => {
      if (!open.delete(close)) return;
      await pool.end();
      await afterwards?.();
    };
    open.add(close);
    return Object.assign(adapter, {
      async queryRaw(statement: Parameters<typeof queryRaw>[0]) {
        const result = await queryRaw(statement);
        for (const index of charColumns) result.columnTypes[index] = ColumnTypeEnum.Character; // as Text the engine panics
        return result;
      },
      async executeScript(script: string) {
        await query(script).catch(rethrow); // the simple protocol runs all of it in one transaction
      },
      dispose: close,
    });
  }

  async function connectToShadowDb(): Promise<SqlDriverAdapter> {
    const shadow = `ravine_shadow_${randomUUID()}`;
    const admin = await connectClient(url);
    await admin.query(`create database "${shadow}" template template0`);
    return connect(withDatabase(url, shadow), async () => {
      await admin.query(`drop database if exists "${shadow}" with (force)`);
      await admin.end();
    });
  }

  const factory = bindMigrationAwareSqlAdapterFactory({
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => connect(url),
    connectToShadowDb,
  });
  return { factory, close: () => Promise.all([...open].map((end) => end())) };
}

/** In the form in which the engine reports an SQL error with its code. */
function rethrow(error: pg.DatabaseError): never {
  throw new DriverAdapterError({
    kind: 'postgres',
    code: error.code ?? '',
    severity: error.severity ?? 'ERROR',
    message: error.message,
    detail: error.detail,
    column: error.column,
    hint: error.hint,
    originalCode: error.code ?? '',
    originalMessage: error.message,
  });
}
