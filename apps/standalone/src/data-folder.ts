import { access, constants, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from './config.js';

const REASONS: Record<string, string> = {
  EACCES: 'it may not be written by this user',
  EPERM: 'it may not be written by this user',
  EROFS: 'it lies on a read-only file system',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'there is a file of that name',
};

/** Makes the folder where it is missing and proves that it can be written. Rejects with ConfigError. */
export async function openDataFolder(folder: string): Promise<void> {
  const probe = path.join(folder, `.probe-${process.pid}`);
  try {
    await mkdir(path.join(folder, 'logs'), { recursive: true });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    // A full disk often still takes an empty file.
    await writeFile(probe, Buffer.alloc(64 * 1024), { flush: true });
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      `The data folder ${folder} cannot be used: ${REASONS[code] ?? message}. Free it, or set RAVINE_DATA to another folder.`,
    );
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}
