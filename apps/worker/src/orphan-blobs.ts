import type { Database } from '@ravine/database';
import type { Storage } from '@ravine/storage';

/** Content is stored before the row that names it; no upload or checkpoint takes that long. */
const GRACE_MS = 24 * 60 * 60 * 1000;
const BATCH = 500;

/** Deletes what no row names: crashes and refused writes leave such blobs behind. Answers how many there were; ends early at the signal. */
export async function deleteOrphanBlobs(
  storage: Pick<Storage, 'list' | 'delete'>,
  database: Pick<Database, 'deleteUnnamed'>,
  now: number,
  signal?: AbortSignal,
): Promise<number> {
  let deleted = 0;
  let batch: string[] = [];
  const sweep = async (): Promise<void> => {
    deleted += (await database.deleteUnnamed(batch, (key) => storage.delete(key))).length;
    batch = [];
  };
  for await (const { key, modifiedAt } of storage.list()) {
    if (signal?.aborted) break;
    if (now - modifiedAt.getTime() < GRACE_MS) continue;
    batch.push(key);
    if (batch.length === BATCH) await sweep();
  }
  await sweep();
  return deleted;
}
