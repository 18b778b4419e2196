import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import type { FileSource } from '../multipart.js';
import { FileError } from './file.js';

/**
 * A folder as a tar that is packed while it is sent; null when `folder` is none. Links and hidden files are left out.
 * Rejects with FileError when no file is left.
 */
export async function folderAsTar(folder: string): Promise<FileSource | null> {
  const found = await stat(folder).catch(() => null);
  if (!found?.isDirectory()) return null;
  if (!(await holdsFile(folder))) throw new FileError(`${folder}: the folder holds no files to upload`);
  return {
    fileName: `${path.basename(path.resolve(folder))}.tar`,
    open() {
      const tar = pack();
      addFolder(tar, folder, '').then(
        () => tar.finalize(),
        (error: Error) => tar.destroy(error),
      );
      return tar as AsyncIterable<Uint8Array>;
    },
  };
}

/** What of a folder is uploaded, sorted by name. */
async function entriesOf(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function holdsFile(folder: string): Promise<boolean> {
  for (const entry of await entriesOf(folder)) {
    if (entry.isFile()) return true;
    if (entry.isDirectory() && (await holdsFile(path.join(folder, entry.name)))) return true;
  }
  return false;
}

async function addFolder(tar: Pack, folder: string, prefix: string): Promise<void> {
  for (const entry of await entriesOf(path.join(folder, prefix))) {
    const name = path.posix.join(prefix, entry.name);
    if (entry.isDirectory()) await addFolder(tar, folder, name);
    else if (entry.isFile()) await addFile(tar, path.join(folder, name), name);
  }
}

async function addFile(tar: Pack, file: string, name: string): Promise<void> {
  const { size } = await stat(file);
  // Times and owners are left out: the same folder gives the same bytes.
  await pipeline(createReadStream(file), tar.entry({ name, size, mtime: new Date(0), mode: 0o644 }));
}
