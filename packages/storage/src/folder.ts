import { type FileHandle, opendir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { checkStorage } from './check.js';
import { corrupt, digest, notFound, verifier } from './digest.js';
import type { StorageError } from './error.js';
import { assertKey, assertRange, type Blob, type ByteRange, isKey, type Storage } from './storage.js';
import {
  createFolder,
  diskError,
  ignoreMissing,
  openIfPresent,
  publish,
  sweepTemporary,
  writeTemporary,
} from './temporary-file.js';

/**
 * Blobs as files `blobs/<first two digits>/<key>` of one folder, which several processes may share. Writes grow in
 * `incoming/` on the same file system and are renamed into place after a flush, so a crash leaves no half blob;
 * what crashed writers left is removed when the folder is opened, and when its blobs are listed.
 */
export async function openFolderStorage(root: string): Promise<Storage> {
  const folder = resolve(root);
  const incoming = join(folder, 'incoming');
  const blobs = join(folder, 'blobs');
  const pathOf = (key: string): string => {
    assertKey(key);
    return join(blobs, key.slice(0, 2), key);
  };
  const guarded = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error) => {
      throw diskError(error, folder);
    });

  /** What a blob that is not there means: nothing, where the folder is not there either (an absent mount, for one). */
  const missing = async (key: string): Promise<StorageError> => {
    await guarded(stat(blobs));
    return notFound(key);
  };
  const openWhole = async (key: string, range?: ByteRange): Promise<Readable> => {
    const file = await openIfPresent(pathOf(key));
    if (!file) throw await missing(key);
    return readBlob(file, key, range);
  };

  await guarded(createFolder(incoming).then(() => createFolder(blobs)));
  await guarded(sweepTemporary(incoming));

  const storage: Omit<Storage, 'check'> = {
    async put(source, options = {}) {
      const { key, size, path } = await writeTemporary(incoming, source, options);
      await guarded(createFolder(dirname(pathOf(key))));
      await publish(path, pathOf(key));
      return { key, size };
    },
    async read(key) {
      const bytes = await guarded(readFile(pathOf(key)).catch(ignoreMissing));
      if (!bytes) throw await missing(key);
      if (digest(bytes) !== key) throw corrupt(key);
      return bytes;
    },
    async openRead(key, range) {
      return guarded(openWhole(key, range));
    },
    async copyToFile(key, path) {
      const content = await guarded(openWhole(key));
      const temporary = await writeTemporary(dirname(path), content, {});
      await publish(temporary.path, path);
    },
    async stat(key) {
      const found = await guarded(stat(pathOf(key)).catch(ignoreMissing));
      if (!found) await missing(key);
      return found ? { key, size: found.size } : null;
    },
    async delete(key) {
      await guarded(rm(pathOf(key), { force: true }));
    },
    async *list() {
      await guarded(sweepTemporary(incoming));
      yield* listBlobs(blobs);
    },
    describe: () => `folder ${folder}`,
    close: async () => {},
  };
  return { ...storage, check: () => checkStorage(storage) };
}

async function readBlob(file: FileHandle, key: string, range?: ByteRange): Promise<Readable> {
  if (!range) return pipeline(file.createReadStream(), verifier(key), () => {});
  try {
    assertRange(range, (await file.stat()).size);
  } catch (error) {
    await file.close();
    throw error;
  }
  return file.createReadStream(range);
}

async function* listBlobs(folder: string): AsyncGenerator<Blob & { modifiedAt: Date }> {
  for await (const entry of await opendir(folder, { recursive: true })) {
    if (!entry.isFile() || !isKey(entry.name)) continue;
    const found = await stat(join(entry.parentPath, entry.name)).catch(ignoreMissing);
    if (found) yield { key: entry.name, size: found.size, modifiedAt: found.mtime };
  }
}
