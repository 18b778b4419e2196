import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { StorageError } from './error.js';
import { openFolderStorage } from './folder.js';
import { openS3Storage, type S3Options } from './s3.js';
import { parseS3Address } from './s3-address.js';
import type { Storage } from './storage.js';

/** What storage takes from the environment; an app spreads this shape into its own. */
export const storageEnvironment = z.object({
  STORAGE_URL: z
    .string()
    .regex(/^(file|s3):\/\//, 'must begin with file:// or s3://')
    .optional()
    .describe('Where artifacts are kept: file:///folder or s3://bucket/prefix?endpoint=…&region=…'),
  AWS_ACCESS_KEY_ID: z.string().min(1).optional().describe('Access key for an s3:// STORAGE_URL'),
  AWS_SECRET_ACCESS_KEY: z.string().min(1).optional().describe('Secret key for an s3:// STORAGE_URL'),
  AWS_SESSION_TOKEN: z.string().min(1).optional().describe('Session token of temporary credentials'),
});
export type StorageEnvironment = z.output<typeof storageEnvironment>;

/** The credentials of the environment, for `createStorage`. */
export function storageOptions(environment: Omit<StorageEnvironment, 'STORAGE_URL'>): S3Options {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  if (!AWS_ACCESS_KEY_ID && !AWS_SECRET_ACCESS_KEY) return {};
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new StorageError('invalid_url', 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set together');
  }
  return {
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
    },
  };
}

/**
 * Opens `file:///folder` (made when missing) or `s3://bucket/prefix?endpoint=&region=&forcePathStyle=`. Throws
 * `invalid_url` when the URL makes no sense; an S3 service is first spoken to by `check()`.
 */
export async function createStorage(url: string, options: S3Options = {}): Promise<Storage> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'file:') return openFolderStorage(folderOf(parsed));
  if (parsed?.protocol === 's3:') return openS3Storage(parseS3Address(parsed), options);
  throw new StorageError('invalid_url', 'storage URL: must be file:///folder or s3://bucket/prefix');
}

function folderOf(url: URL): string {
  if (url.host || url.search || url.hash || url.pathname === '/') {
    throw new StorageError(
      'invalid_url',
      `storage URL: must be file:///absolute/folder, with three slashes and nothing after the path`,
    );
  }
  return fileURLToPath(url);
}
