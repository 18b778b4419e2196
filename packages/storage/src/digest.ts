import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import { StorageError } from './error.js';
import type { Blob, PutOptions } from './storage.js';

/** Large enough for speed, small enough that hashing one does not hold up the event loop. */
const chunkBytes = 1 << 20;

export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function corrupt(key: string): StorageError {
  return new StorageError(
    'corrupt',
    `blob ${key} is damaged: its content does not match its key; delete it and store the content again`,
  );
}

export function notFound(key: string): StorageError {
  return new StorageError('not_found', `blob ${key} is not in storage`);
}

/**
 * Passes bytes through and ends with a `corrupt` error when they do not give `key`. The last piece is held back until that
 * is known, so that a receiver who only counts bytes never takes damaged content for whole.
 */
export function verifier(key: string): Transform {
  const hash = createHash('sha256');
  let held: Uint8Array | undefined;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      const ready = held;
      held = chunk;
      done(null, ready);
    },
    flush(done) {
      if (hash.digest('hex') === key) done(null, held);
      else done(corrupt(key));
    },
  });
}

/**
 * Counts, limits and hashes what passes `measure`. Afterwards `blob()` names it, and `failed()` says whether the source
 * (its error, its length, the signal) ended the transfer, and not the receiver.
 */
export function createMeter({ maxBytes = Number.POSITIVE_INFINITY, signal }: PutOptions) {
  const hash = createHash('sha256');
  let size = 0;
  let failed = false;
  async function* measure(source: AsyncIterable<Uint8Array> | Uint8Array): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of abortable(source instanceof Uint8Array ? slices(source) : source, signal)) {
        size += chunk.length;
        assertSize(size, maxBytes);
        hash.update(chunk);
        yield chunk;
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  }
  return { measure, blob: (): Blob => ({ key: hash.digest('hex'), size }), failed: () => failed };
}

export function assertSize(size: number, maxBytes: number): void {
  if (size > maxBytes) {
    throw new StorageError('too_large', `the content is larger than the allowed ${maxBytes} bytes`);
  }
}

async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

/** Iterates `source` and throws the signal's reason at once, even while the source is silent (stream pipelines wait for it). */
async function* abortable(
  source: AsyncIterable<Uint8Array> & { destroy?: () => unknown },
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (!signal) {
    yield* source;
    return;
  }
  const iterator = source[Symbol.asyncIterator]();
  let ended = false;
  try {
    while (true) {
      const next = await unlessAborted(iterator, signal);
      ended = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    if (!ended) {
      iterator.return?.().catch(() => {}); // not awaited: it queues behind a read that may never come
      source.destroy?.();
    }
  }
}

function unlessAborted(
  iterator: AsyncIterator<Uint8Array>,
  signal: AbortSignal,
): Promise<IteratorResult<Uint8Array>> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}
