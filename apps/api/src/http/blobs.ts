import type { Database } from '@ravine/database';
import type { Blob, PutOptions, Storage } from '@ravine/storage';
import type { FastifyBaseLogger } from 'fastify';

/** Blobs of requests that run: not yet named by a row, and shared by whoever sends the same bytes. */
export interface Blobs {
  /** Stores the content and holds it until `keep` or `discard`. */
  put(source: AsyncIterable<Uint8Array>, options: PutOptions): Promise<Blob>;
  /** Rows name them now. */
  keep(keys: readonly string[]): void;
  /** Lets go and removes those that nobody else holds and no row names. */
  discard(keys: readonly string[], log: FastifyBaseLogger): Promise<void>;
  /** Removes what a deleted row named, under the same conditions. A fault is logged: the sweeper takes what is left. */
  remove(keys: readonly string[], log: FastifyBaseLogger): Promise<void>;
}

export function createBlobs({ storage, database }: { storage: Storage; database: Database }): Blobs {
  const holders = new Map<string, number>();
  const release = (key: string): boolean => {
    const left = (holders.get(key) ?? 1) - 1;
    if (left > 0) holders.set(key, left);
    else holders.delete(key);
    return left === 0;
  };
  const remove = async (keys: readonly string[], log: FastifyBaseLogger): Promise<void> => {
    try {
      for (const key of await database.unreferenced(keys)) {
        if (!holders.has(key)) await storage.delete(key);
      }
    } catch (err) {
      log.warn({ err, keys }, 'blobs without a row stay until the sweeper finds them');
    }
  };
  return {
    async put(source, options) {
      const blob = await storage.put(source, options);
      holders.set(blob.key, (holders.get(blob.key) ?? 0) + 1);
      return blob;
    },
    keep(keys) {
      for (const key of keys) release(key);
    },
    discard: (keys, log) => remove(keys.filter(release), log),
    remove,
  };
}
