import type { Readable } from 'node:stream';
import { StorageError } from './error.js';

/** Immutable bytes, named by what they are. */
export interface Blob {
  /** sha256 of the content, 64 lower-case hexadecimal digits. */
  key: string;
  /** Bytes. */
  size: number;
}

/** First and last byte that are wanted, both inclusive, counted from 0. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface PutOptions {
  /** More bytes than this are refused with `too_large`. */
  maxBytes?: number;
  /** Stops the transfer; `put` then throws the signal's reason. */
  signal?: AbortSignal;
}

/** Content-addressed blobs. Every method throws `StorageError`; an error of the source passes through `put` unchanged. */
export interface Storage {
  /**
   * Streams the content in, in constant memory. The blob exists under its key completely or not at all. Content that is
   * already there is written again, which repairs damage and renews `modifiedAt`, so that a sweeper's grace period holds.
   */
  put(source: AsyncIterable<Uint8Array> | Uint8Array, options?: PutOptions): Promise<Blob>;
  /** The whole blob, verified: `corrupt` when its bytes do not give its key. */
  read(key: string): Promise<Buffer>;
  /**
   * A stream of the blob. Without a range the digest is verified and the stream ends with a `corrupt` error instead of
   * `end` when it is wrong; a part cannot be verified. A range that leaves the blob is refused with `range`.
   */
  openRead(key: string, range?: ByteRange): Promise<Readable>;
  /** Writes the verified blob to a new file at `path` (in an existing folder), replacing what is there only when it is right. */
  copyToFile(key: string, path: string): Promise<void>;
  stat(key: string): Promise<Blob | null>;
  /** Removes the blob; one that is not there is no error. */
  delete(key: string): Promise<void>;
  /** All blobs, in no particular order. Blobs that come or go meanwhile may or may not be listed. */
  list(): AsyncIterable<Blob & { modifiedAt: Date }>;
  /** Readiness: writes, reads and deletes a small blob. */
  check(): Promise<void>;
  /** Where the blobs are, without secrets. */
  describe(): string;
  close(): Promise<void>;
}

const keyPattern = /^[0-9a-f]{64}$/;

export function isKey(text: string): boolean {
  return keyPattern.test(text);
}

/** Refuses everything that is not a sha256: keys become file names and object names. */
export function assertKey(key: string): void {
  if (!isKey(key)) {
    throw new StorageError(
      'invalid_key',
      `storage key ${JSON.stringify(key.slice(0, 80))}: must be 64 lower-case hexadecimal digits`,
    );
  }
}

/** Refuses a range that is not inside a blob of `size` bytes. */
export function assertRange({ start, end }: ByteRange, size: number): void {
  const inside =
    Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start <= end && end < size;
  if (!inside) {
    throw new StorageError('range', `range ${start}–${end}: must lie inside the ${size} bytes of the blob`);
  }
}
