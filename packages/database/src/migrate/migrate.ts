import { AppError } from '@ravine/contracts';
import type pg from 'pg';
import { connectClient, nameOf } from '../connection.js';
import { messageOf, openEngine } from './engine.js';
import { type Migration, readMigrations } from './files.js';

const LOCK = 7_277_483_001; // any number that is ours; advisory locks belong to one database

/**
 * Brings the database to the schema of this version. Any number of processes may call it at once: one works,
 * the others wait and find nothing to do. Errors: `service_unavailable`; or a plain error that tells what
 * stands in the way.
 */
export async function migrate(url: string): Promise<{ applied: string[] }> {
  const client = await connectClient(url);
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    const { pending } = await compare(client, url);
    return { applied: pending.length === 0 ? [] : await apply(url) };
  } finally {
    await client.end();
  }
}

/** Migrations that the database lacks. Refuses a history that does not fit the files. */
export async function compare(client: pg.Client | pg.Pool, url: string): Promise<{ pending: Migration[] }> {
  const files = await readMigrations();
  const applied = await readApplied(client);
  const edited = files.filter(({ name, checksum }) => (applied.get(name) ?? checksum) !== checksum);
  if (edited.length > 0) {
    throw new AppError('service_unavailable', {
      detail:
        `The database (${nameOf(url)}) was made with another version of the migration ${edited[0]?.name}. ` +
        'Use the program version it was made with, or start with an empty database.',
    });
  }
  return { pending: files.filter(({ name }) => !applied.has(name)) };
}

async function readApplied(client: pg.Client | pg.Pool): Promise<Map<string, string>> {
  const { rows: found } = await client.query("select to_regclass('_prisma_migrations') is not null as found");
  if (!found[0].found) return new Map();
  const { rows } = await client.query<{ migration_name: string; checksum: string }>(
    'select migration_name, checksum from _prisma_migrations where finished_at is not null and rolled_back_at is null',
  );
  return new Map(rows.map((row) => [row.migration_name, row.checksum]));
}

async function apply(url: string): Promise<string[]> {
  const { engine, inputs, close } = await openEngine(url);
  try {
    const { migrationsList, filters } = inputs;
    return (await engine.applyMigrations({ migrationsList, filters })).appliedMigrationNames;
  } catch (cause) {
    throw new Error(`The database (${nameOf(url)}) could not be migrated: ${messageOf(cause)}`, { cause });
  } finally {
    await close();
  }
}
