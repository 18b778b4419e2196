import { reasonOf } from './answer.js';
import type { QueueLog } from './queues.js';

const quietMs = 10_000;

/**
 * Logs errors of connections. While a broker is away every connection reports it at every try, so that the same text
 * is logged once in ten seconds.
 */
export function createTroubleLog(log: QueueLog, place: string): (error: Error) => void {
  const last = new Map<string, number>();
  return (error) => {
    const reason = reasonOf(error);
    const now = Date.now();
    if (now - (last.get(reason) ?? 0) < quietMs) return;
    if (last.size > 100) last.clear();
    last.set(reason, now);
    log.warn({ queue: place, reason }, 'queue connection: trouble');
  };
}
