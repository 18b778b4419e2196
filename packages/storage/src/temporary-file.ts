import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createMeter } from './digest.js';
import { StorageError } from './error.js';
import type { Blob, PutOptions } from './storage.js';

const suffix = '.part';
/** A write that has not grown for this long belongs to a process that is gone. */
const staleMs = 60 * 60 * 1000;

/** Writes the source to a new file in `folder`, flushed to disk, or leaves nothing behind. */
export async function writeTemporary(
  folder: string,
  source: AsyncIterable<Uint8Array> | Uint8Array,
  options: PutOptions,
): Promise<Blob & { path: string }> {
  const path = join(folder, randomUUID() + suffix);
  const meter = createMeter(options);
  try {
    // Opened before the pipeline runs: a stream that opens by itself may make the file after it was discarded.
    const file = await open(path, 'wx', 0o600);
    await pipeline(meter.measure(source), file.createWriteStream({ flush: true }));
    return { ...meter.blob(), path };
  } catch (error) {
    await discard(path);
    throw meter.failed() ? error : diskError(error, folder);
  }
}

/** Gives a finished temporary file its name, durably. */
export async function publish(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await discard(temporary);
    throw diskError(error, dirname(path));
  }
}

/** Cleaning up after an error must not hide it; what cannot be removed now is swept at a later start. */
async function discard(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => {});
}

export async function createFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first !== undefined) await syncFolder(dirname(first));
}

/** Removes what crashed processes left behind in a folder of temporary files. */
export async function sweepTemporary(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = name.endsWith(suffix) ? await stat(path).catch(ignoreMissing) : undefined;
    if (found && Date.now() - found.mtimeMs > staleMs) await rm(path, { force: true });
  }
}

/** A rename is durable only when its folder has been flushed; Windows cannot and need not. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Opens for reading, or undefined when there is no such file. */
export function openIfPresent(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r').catch(ignoreMissing);
}

export function ignoreMissing(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
  return undefined;
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const brokenCodes = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'EIO',
  'ENOENT',
  'ENOTDIR',
  'EEXIST',
  'EMFILE',
  'ENFILE',
]);

/** Says what a failing disk means for the person who runs the service; other errors pass unchanged. */
export function diskError(error: unknown, folder: string): unknown {
  const code = errorCode(error);
  if (code === undefined || error instanceof StorageError) return error;
  if (fullCodes.has(code)) {
    const message = `no space left for ${folder} (${code}): free space on its file system, or delete datasets, jobs or models that are no longer needed; nothing was kept of this write`;
    return new StorageError('full', message, { cause: error });
  }
  if (brokenCodes.has(code)) {
    const message = `storage folder ${folder} cannot be used (${code}): it must exist and be readable and writable for this process`;
    return new StorageError('unavailable', message, { cause: error });
  }
  return error;
}
