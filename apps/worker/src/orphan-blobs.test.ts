import { mkdtemp, rm, utimes } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createStorage } from '@ravine/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deleteOrphanBlobs } from './orphan-blobs.js';

describe('deleteOrphanBlobs', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'ravine-orphans-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('deletes old blobs that no row names, and no others', async () => {
    const storage = await createStorage(pathToFileURL(folder).href);
    const put = async (content: string, ageHours: number) => {
      const { key } = await storage.put(Buffer.from(content));
      const then = new Date(Date.now() - ageHours * 3600_000);
      await utimes(path.join(folder, 'blobs', key.slice(0, 2), key), then, then);
      return key;
    };
    const orphan = await put('old and unnamed', 25);
    const named = await put('old and named', 25);
    const young = await put('just stored, its row comes soon', 23);
    const database = {
      async deleteUnnamed(keys: readonly string[], remove: (key: string) => Promise<void>) {
        const unnamed = keys.filter((key) => key !== named);
        for (const key of unnamed) await remove(key);
        return unnamed;
      },
    };
    expect(await deleteOrphanBlobs(storage, database, Date.now())).toBe(1);
    expect(await storage.stat(orphan)).toBeNull();
    expect(await storage.stat(named)).not.toBeNull();
    expect(await storage.stat(young)).not.toBeNull();
  });
});
