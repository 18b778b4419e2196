import type pg from 'pg';
import { type Queryable, transaction } from './sql.js';

/** Keeps these blobs from being deleted as long as the dataset is there. */
export async function nameBlobs(
  client: Queryable,
  datasetId: string,
  keys: readonly string[],
): Promise<void> {
  await client.query(
    'insert into dataset_blobs (dataset_id, key) select distinct $1, key from unnest($2::text[]) as key on conflict do nothing',
    [datasetId, keys],
  );
}

/** Of these blob keys, those that no row of any project names: their content may be deleted. */
export async function unreferenced(client: Queryable, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const { rows } = await client.query<{ key: string }>(
    `select key from unnest($1::text[]) as asked(key)
     where not exists (select from dataset_blobs where dataset_blobs.key = asked.key)
       and not exists (select from checkpoints where sha256 = asked.key)
       and not exists (select from artifacts where sha256 = asked.key)
       and not exists (select from models where sha256 = asked.key)
       and not exists (select from predictions where images @> jsonb_build_array(jsonb_build_object('key', asked.key)))`,
    [[...new Set(keys)]],
  );
  return rows.map(({ key }) => key);
}

/**
 * Until the end of the transaction nobody else names these blobs (where naming takes this lock too) or deletes them.
 * Whoever names one that is stored already looks afterwards whether it still is.
 */
export async function lockBlobs(client: Queryable, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  // In one order, so that two who lock several do not wait for each other.
  await client.query(
    'select pg_advisory_xact_lock(hashtextextended(key, 0)) from unnest($1::text[]) as key',
    [[...new Set(keys)].sort()],
  );
}

/**
 * Deletes, by `remove`, those blobs that no row names, and answers them. Equal content has one key: what one job gives up
 * another may be about to name. So each is looked at and deleted under its lock; who comes after finds the content gone,
 * and has to store it again.
 */
export async function deleteUnnamed(
  pool: pg.Pool,
  keys: readonly string[],
  remove: (key: string) => Promise<void>,
): Promise<string[]> {
  const deleted: string[] = [];
  for (const candidate of await unreferenced(pool, keys)) {
    await transaction(pool, async (client) => {
      await lockBlobs(client, [candidate]);
      if ((await unreferenced(client, [candidate])).length === 0) return;
      await remove(candidate);
      deleted.push(candidate);
    });
  }
  return deleted;
}
