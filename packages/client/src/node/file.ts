import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { FileSource } from '../multipart.js';

/** A file that was named and cannot be used. */
export class FileError extends Error {}

/** A file on disk, read in pieces while it is sent. Rejects with FileError when it is not a readable regular file. */
export async function fileFromDisk(file: string): Promise<FileSource> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new FileError(`${file}: ${error.code === 'ENOENT' ? 'no such file' : error.message}`, {
      cause: error,
    });
  });
  if (!found.isFile())
    throw new FileError(`${file}: not a regular file (pack a folder into a .zip or .tar.gz)`);
  return { fileName: path.basename(file), open: () => createReadStream(file, { highWaterMark: 256 * 1024 }) };
}
