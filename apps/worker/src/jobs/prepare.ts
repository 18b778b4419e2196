import { join } from 'node:path';
import type { Checkpoint, DatasetManifest, Failure } from '@ravine/contracts';
import type { JobClaim } from '@ravine/database';
import { type Storage, StorageError } from '@ravine/storage';
import type { BlobCache } from '../blob-cache.js';
import type { TrainStart } from '../child/protocol.js';
import { withRetry } from '../retry.js';
import { sitOutTransfer } from '../transient.js';
import { forkFailure } from './failure.js';

/** Local copies of all blobs of a packed dataset, by key. Throws StorageError. */
export async function fetchDataset(
  manifest: DatasetManifest,
  cache: BlobCache,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const keys = Object.values(manifest.splits).flatMap((split) =>
    split ? [...split.shards.map(({ key }) => key), split.labels.key] : [],
  );
  const files: Record<string, string> = {};
  for (const key of keys) {
    signal.throwIfAborted();
    const fetched = withRetry(() => cache.fetch(key), { ...sitOutTransfer, signal });
    files[key] = await unlessAborted(fetched, signal);
  }
  return files;
}

/** A local copy of the checkpoint to go on from, or null when its blob is missing or damaged. Throws other StorageErrors. */
export async function fetchCheckpoint(
  checkpoint: Checkpoint,
  storage: Pick<Storage, 'copyToFile'>,
  folder: string,
  signal: AbortSignal,
): Promise<string | null> {
  const path = join(folder, 'resume.safetensors');
  try {
    const work = () => storage.copyToFile(checkpoint.sha256, path);
    await unlessAborted(withRetry(work, { ...sitOutTransfer, signal }), signal);
    return path;
  } catch (error) {
    if (error instanceof StorageError && (error.code === 'not_found' || error.code === 'corrupt'))
      return null;
    throw error;
  }
}

/** A local copy of what a fork begins with, or the failure that its loss is: there is no other beginning. */
export async function fetchFork(
  { checkpoint, keep, schedule, best }: NonNullable<JobClaim['fork']>,
  storage: Pick<Storage, 'copyToFile'>,
  folder: string,
  signal: AbortSignal,
): Promise<TrainStart['fork'] | Failure> {
  const path = await fetchCheckpoint(checkpoint, storage, folder, signal);
  return path === null ? forkFailure(checkpoint) : { path, keep, schedule, best };
}

/** Rejects at the signal. A large blob may take minutes, and whoever cancels does not wait for the rest of it. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
