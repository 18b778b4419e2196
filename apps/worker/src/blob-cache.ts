import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Storage } from '@ravine/storage';

/** A file that was handed out this recently may still be being read. */
const IN_USE_MS = 10 * 60 * 1000;

/** Local copies of blobs, named by their sha256 and shared by all workers of a machine. */
export interface BlobCache {
  /**
   * Path of a verified local copy, fetched when there is none or when it is damaged. Throws StorageError. Read it soon:
   * after ten minutes without use it may make room for others.
   */
  fetch(key: string): Promise<string>;
}

export interface BlobCacheOptions {
  storage: Pick<Storage, 'copyToFile'>;
  folder: string;
  /** The copies that were used last are kept up to about this size. */
  maxBytes: number;
}

export async function openBlobCache({ storage, folder, maxBytes }: BlobCacheOptions): Promise<BlobCache> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const underWay = new Map<string, Promise<string>>();

  const obtain = async (key: string): Promise<string> => {
    const path = join(folder, key);
    if (await isIntact(path, key)) {
      await utimes(path, new Date(), new Date());
      return path;
    }
    await evict(folder, maxBytes);
    await storage.copyToFile(key, path);
    return path;
  };

  return {
    fetch(key) {
      const started = underWay.get(key);
      if (started) return started;
      const work = obtain(key).finally(() => underWay.delete(key));
      underWay.set(key, work);
      return work;
    },
  };
}

async function isIntact(path: string, key: string): Promise<boolean> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  } catch {
    return false; // missing or unreadable: fetched anew, and that error tells more
  }
  return hash.digest('hex') === key;
}

/** Deletes the copies that were not used for the longest time until the rest fits. */
async function evict(folder: string, maxBytes: number): Promise<void> {
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const path = join(folder, name);
      const found = await stat(path).catch(() => null); // another worker may have evicted it
      return { path, size: found?.size ?? 0, usedAt: found?.mtimeMs ?? 0 };
    }),
  );
  files.sort((a, b) => a.usedAt - b.usedAt);
  let total = files.reduce((sum, file) => sum + file.size, 0);
  for (const { path, size, usedAt } of files) {
    if (total <= maxBytes || usedAt > Date.now() - IN_USE_MS) return;
    await rm(path, { force: true });
    total -= size;
  }
}
