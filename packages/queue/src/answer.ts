import { setTimeout as delay } from 'node:timers/promises';
import { QueueError } from './error.js';

/** The answer of the broker at `place`, or `unavailable` when it fails or takes longer than `ms`. */
export async function answerWithin<T>(ms: number, place: string, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = delay(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no answer within ${ms} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    throw error instanceof QueueError ? error : unavailable(place, error);
  } finally {
    timer.abort();
    late.catch(() => {});
  }
}

export function unavailable(place: string, cause: unknown): QueueError {
  return new QueueError('unavailable', `the queue (${place}) does not work now: ${reasonOf(cause)}`, {
    cause,
  });
}

/** Failed connections to a name with several addresses carry a code and no message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error && String(error.code)) || error.name;
}
