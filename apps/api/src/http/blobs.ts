import { AppError } from '@ravine/contracts';
import type { Database } from '@ravine/database';
import type { Blob, PutOptions, Storage } from '@ravine/storage';
import type { FastifyBaseLogger } from 'fastify';

/** Blobs of requests that run: not yet named by a row, and shared by whoever sends the same bytes. */
export interface Blobs {
  /** Stores the content and holds it until `release`. */
  put(source: AsyncIterable<Uint8Array>, options: PutOptions): Promise<Blob>;
  /** Lets go of what `put` gave, once each, and removes what nobody else holds and no row names. */
  release(keys: readonly string[], log: FastifyBaseLogger): Promise<void>;
  /**
   * To be asked once a row names them. The same content may have been given up elsewhere in between: that row must go
   * then, and the request be sent again.
   */
  requireStored(keys: readonly string[]): Promise<void>;
  /** Removes what a deleted row named, under the same conditions. A fault is logged: the sweeper takes what is left. */
  remove(keys: readonly string[], log: FastifyBaseLogger): Promise<void>;
}

export function createBlobs({ storage, database }: { storage: Storage; database: Database }): Blobs {
  const holders = new Map<string, number>();
  /** Whether nobody holds it any more. */
  const letGo = (key: string): boolean => {
    const left = (holders.get(key) ?? 1) - 1;
    if (left > 0) holders.set(key, left);
    else holders.delete(key);
    return left === 0;
  };
  const remove = async (keys: readonly string[], log: FastifyBaseLogger): Promise<void> => {
    try {
      await database.deleteUnnamed(keys, async (key) => {
        if (!holders.has(key)) await storage.delete(key);
      });
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
    async requireStored(keys) {
      for (const key of keys) {
        if (await storage.stat(key)) continue;
        throw new AppError('service_unavailable', {
          detail: `The content ${key} was removed together with another upload of the same; send the request again`,
        });
      }
    },
    release: (keys, log) => remove(keys.filter(letGo), log),
    remove,
  };
}
