import { setTimeout as delay } from 'node:timers/promises';
import { DelayedError, type IQueueBackend, type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import { reasonOf } from './answer.js';
import type { Backend } from './backend.js';
import { Payload } from './catalog.js';
import type { Consumer, Delivery, DeliveryHandler, Outcome, QueueLog, QueueTimings } from './queues.js';

/** What a consumer is given by the `Queues` that it belongs to. */
export interface ConsumerContext {
  backend: Backend;
  /** The broker's name of the queue. */
  queue: string;
  timings: QueueTimings;
  log: QueueLog;
  trouble: (error: Error) => void;
  retryable: (error: unknown) => boolean;
}

export interface SignalledConsumer extends Consumer {
  /** Aborts the running deliveries of this id. */
  abort(id: string, reason: string): void;
}

type DeliveryJob = Job<Payload, void, string>;

/** How long closing may wait for a broker that is away, once no handler runs any more. */
const settleMs = 5_000;

/**
 * Runs a BullMQ worker. It hands every delivery an AbortSignal of its own, and not the worker's: those reach only
 * processors with three declared parameters, and do not cover a delivery that arrives while the worker closes.
 */
export async function createConsumer(
  context: ConsumerContext,
  handler: DeliveryHandler,
  concurrency: number,
): Promise<SignalledConsumer> {
  const { backend, queue, timings, log, trouble } = context;
  const running = new Map<DeliveryJob, AbortController>();
  let handingBack = false;

  const handle = async (job: DeliveryJob): Promise<Outcome> => {
    if (handingBack) return 'hand-back';
    const controller = new AbortController();
    running.set(job, controller);
    try {
      const { id } = Payload.parse(job.data);
      return await handler(deliveryOf(job, id, controller.signal));
    } catch (error) {
      throw failureOf(error, job, context);
    } finally {
      running.delete(job);
    }
  };
  const process = async (job: DeliveryJob, token = ''): Promise<void> => {
    const outcome = await handle(job);
    if (outcome === 'done') return;
    if (outcome === 'hand-back') {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    await job.moveToDelayed(Date.now() + outcome.retryInMs, token);
    throw new DelayedError();
  };
  const abortWhere = (matches: (job: DeliveryJob) => boolean, reason: string): void => {
    for (const [job, controller] of running) if (matches(job)) controller.abort(reason);
  };

  await backend.ping();
  const worker = new Worker<Payload, void, string, IQueueBackend, object, unknown>(
    queue,
    process,
    {
      connection: backend.consuming,
      concurrency,
      lockDuration: timings.lockMs,
      stalledInterval: timings.stalledMs,
      maxStalledCount: 100, // a crash of the process is not the fault of the job that ran in it
      runRetryDelay: 1_000,
    },
    backend.createBackend,
  );
  worker.on('error', trouble);
  worker.on('lockRenewalFailed', (keys) => abortWhere((job) => keys.includes(job.id ?? ''), 'lock-lost'));
  worker.on('stalled', (key) =>
    log.warn({ queue, key }, 'delivery lost its consumer; it is delivered again'),
  );
  try {
    await worker.waitUntilReady();
  } catch (error) {
    await worker.close(true);
    throw error;
  }

  return {
    abort: (id, reason) => abortWhere((job) => job.data.id === id, reason),
    async close({ handBack }) {
      handingBack = handBack;
      const closed = worker.close();
      if (handBack) abortWhere(() => true, 'shutdown');
      const timer = new AbortController();
      await Promise.race([closed, giveUp(worker, running, timer.signal)]);
      timer.abort();
    },
  };
}

function deliveryOf(job: DeliveryJob, id: string, signal: AbortSignal): Delivery {
  return {
    id,
    attempt: job.attemptsStarted,
    last: job.attemptsMade + 1 >= (job.opts.attempts ?? 1),
    signal,
  };
}

/** What the broker is told. The error itself is logged here; PostgreSQL takes no NUL and no lone surrogate in a text. */
function failureOf(error: unknown, job: DeliveryJob, { log, queue, retryable }: ConsumerContext): Error {
  const willRetry = retryable(error) && job.attemptsMade + 1 < (job.opts.attempts ?? 1);
  const text = Buffer.from(reasonOf(error).replaceAll('\0', '').slice(0, 1000)).toString();
  log.warn(
    { queue, id: job.data.id, attempt: job.attemptsStarted, willRetry, err: error },
    'delivery failed',
  );
  return willRetry ? new Error(text) : new UnrecoverableError(text);
}

/** Ends a worker whose broker is away: waits until no handler runs, then a little, then cuts the connections. */
async function giveUp(
  worker: { disconnect(): Promise<void> },
  running: Map<unknown, unknown>,
  signal: AbortSignal,
): Promise<void> {
  try {
    while (running.size > 0) await delay(100, undefined, { signal });
    await delay(settleMs, undefined, { signal });
    await worker.disconnect();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
