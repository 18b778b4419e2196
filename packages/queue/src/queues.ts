import type { QueueName } from './catalog.js';

export interface EnqueueOptions {
  /** Higher goes first, -1,000,000 to 1,000,000, default 0; equal priorities go in order of arrival. */
  priority?: number;
  /** Not before this many milliseconds have passed. */
  delayMs?: number;
  /** While a delivery with this key waits or runs, enqueueing it again changes nothing. Default: the id. */
  dedupeKey?: string;
}

export interface Delivery {
  id: string;
  /** 1 at first and more at every start, also after a crash. A hand-back may skip a number: a closing consumer sees it twice. */
  attempt: number;
  /** True when a retryable error that is thrown now will not be retried any more. */
  last: boolean;
  /** Aborted with the reason given to `Queues.signal` (such as `cancel`), or `shutdown`, or `lock-lost`. */
  signal: AbortSignal;
}

/**
 * What a handler says at its end. `hand-back` puts the delivery back for any consumer, now; `retryInMs` puts it back for
 * later; neither counts as a failed try. After `lock-lost` another consumer may have the delivery and nothing said counts.
 */
export type Outcome = 'done' | 'hand-back' | { retryInMs: number };

/** Throwing makes the delivery fail: it is tried again after a pause when the error is retryable and tries are left. */
export type DeliveryHandler = (delivery: Delivery) => Promise<Outcome>;

export interface Consumer {
  /**
   * Takes no more deliveries and waits for the running ones; with `handBack` their signals are aborted with `shutdown`,
   * and handlers are expected to save their state and return `hand-back`.
   */
  close(options: { handBack: boolean }): Promise<void>;
}

export interface QueueCounts {
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
}

/**
 * Delivery of ids to handlers, at least once: one may come twice or late, and one may be lost with the broker. The database
 * is the truth; handlers compare-and-set on their row and a sweeper enqueues what is missing. All methods that speak to
 * the broker throw `QueueError` `unavailable` within a few seconds when it does not answer, and `invalid` for bad input.
 */
export interface Queues {
  readonly backend: 'redis' | 'postgres';
  enqueue(name: QueueName, id: string, options?: EnqueueOptions): Promise<void>;
  /** Takes a delivery out that has not begun; false when it runs or is not there. */
  remove(name: QueueName, key: string): Promise<boolean>;
  /** Whether a delivery with this key waits or runs. */
  has(name: QueueName, key: string): Promise<boolean>;
  consume(name: QueueName, handler: DeliveryHandler, options: { concurrency: number }): Promise<Consumer>;
  /** Aborts the signal of every running delivery of this id, in whatever process. A hint: nobody may be listening. */
  signal(id: string, reason: string): Promise<void>;
  counts(name: QueueName): Promise<QueueCounts>;
  /** Readiness: the broker answers. */
  check(): Promise<void>;
  /** Where the queue is, without secrets. */
  describe(): string;
  /** Closes the consumers that are left, handing back (so it waits for their handlers), then every connection. */
  close(): Promise<void>;
}

/** Where the trouble of connections and handlers is told; pino fits. */
export interface QueueLog {
  warn(details: object, message: string): void;
}

/** Milliseconds. The defaults suit jobs of hours; tests make them short. */
export interface QueueTimings {
  /** A running delivery whose consumer has been silent for this long may be given to another: longer than any planned outage. */
  lockMs: number;
  /** How often consumers look for such deliveries. */
  stalledMs: number;
  /** How long creating may wait for the broker to come up. */
  startMs: number;
  /** How long a call may wait for an answer. */
  answerMs: number;
  /** Replaces the pause between tries of every queue. */
  backoffMs?: number;
}

export const defaultTimings: QueueTimings = {
  lockMs: 60_000,
  stalledMs: 30_000,
  startMs: 30_000,
  answerMs: 5_000,
};
