import { setTimeout as sleep } from 'node:timers/promises';

export interface RetryOptions {
  /** Whether the same call may succeed a little later. */
  retryable: (error: unknown) => boolean;
  /** After this long the last error is thrown. */
  maxMs: number;
  signal?: AbortSignal | undefined;
  /** Told once per failed try. */
  onRetry?: ((error: unknown, attempt: number) => void) | undefined;
}

/** Calls `work` until it succeeds, with pauses of 100 ms, 200 ms, … 5 s. Throws at once what is not retryable. */
export async function withRetry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const deadline = performance.now() + options.maxMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const pause = Math.min(5_000, 50 * 2 ** attempt);
      if (!options.retryable(error) || performance.now() + pause > deadline) throw error;
      options.onRetry?.(error, attempt);
      await sleep(pause, undefined, { signal: options.signal });
    }
  }
}
