import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import type { FileSource } from '../multipart.js';

/** A folder as a tar that is packed while it is sent; null when `folder` is none. Links and hidden files are left out. */
export async function folderAsTar(folder: string): Promise<FileSource | null> {
  const found = await stat(folder).catch(() => null);
  if (!found?.isDirectory()) return null;
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

async function addFolder(tar: Pack, folder: string, prefix: string): Promise<void> {
  const entries = await readdir(path.join(folder, prefix), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = path.posix.join(prefix, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) await addFolder(tar, folder, name);
    else if (entry.isFile()) await addFile(tar, path.join(folder, name), name);
  }
}

async function addFile(tar: Pack, file: string, name: string): Promise<void> {
  const { size } = await stat(file);
  // Times and owners are left out: the same folder gives the same bytes.
  await pipeline(createReadStream(file), tar.entry({ name, size, mtime: new Date(0), mode: 0o644 }));
}
