import { RavineError } from './error.js';

/** Codes after which the same request may soon succeed by itself. Not among them: what a person or time must change. */
const TRANSIENT: readonly string[] = [
  'unreachable',
  'request_timeout',
  'rate_limited',
  'idempotency_in_progress',
  'internal',
  'service_unavailable',
];

/** Waits 0.25 s · 2^n, at most 5 s, plus up to a quarter of it so that many clients do not come back together. */
const backoffMs = (attempt: number, random: () => number = Math.random): number =>
  Math.min(5000, 250 * 2 ** attempt) * (1 + random() / 4);

function isTransient(error: unknown): boolean {
  if (!(error instanceof RavineError)) return false;
  return TRANSIENT.includes(error.code) || (error.code === 'unexpected_answer' && error.retryable);
}

/** Calls `work` again after transient failures, at most `retries` more times. Rejects with the last failure. */
export async function withRetries<T>(
  work: () => Promise<T>,
  retries: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= retries || !isTransient(error)) throw error;
      await sleep(backoffMs(attempt), signal);
    }
  }
}

/** Resolves after `milliseconds`; rejects with the signal's reason when it is aborted before. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
