import { DelayedError, type Job, UnrecoverableError, WaitingError } from 'bullmq';
import { reasonOf } from './answer.js';
import { Payload } from './catalog.js';
import type { Delivery, DeliveryHandler, Outcome, QueueLog } from './queues.js';

type DeliveryJob = Job<Payload, void, string>;

/** What handling a delivery needs besides its handler. */
export interface DeliveryContext {
  log: QueueLog;
  retryable: (error: unknown) => boolean;
}

/** The deliveries that run in one consumer. */
export interface Deliveries {
  /** Runs the handler on a job and tells the broker, in its terms, what came of it. */
  process(job: DeliveryJob, token?: string): Promise<void>;
  abort(matches: (job: DeliveryJob) => boolean, reason: string): void;
  /** Aborts all with `shutdown`, and gives back at once what arrives from now on. */
  handBack(): void;
  count(): number;
}

/**
 * Every delivery gets an AbortSignal of its own, and not the broker's: those reach only processors that declare three
 * parameters, and leave out a delivery that arrives while its consumer closes.
 */
export function createDeliveries(
  context: DeliveryContext,
  queue: string,
  handler: DeliveryHandler,
): Deliveries {
  const running = new Map<DeliveryJob, AbortController>();
  let handingBack = false;

  const run = async (job: DeliveryJob): Promise<Outcome> => {
    if (handingBack) return 'hand-back';
    const controller = new AbortController();
    running.set(job, controller);
    try {
      const { id } = Payload.parse(job.data);
      return await handler(deliveryOf(job, id, controller.signal));
    } catch (error) {
      throw failureOf(error, job, queue, context);
    } finally {
      running.delete(job);
    }
  };
  const abort: Deliveries['abort'] = (matches, reason) => {
    for (const [job, controller] of running) if (matches(job)) controller.abort(reason);
  };
  return {
    async process(job, token) {
      const outcome = await run(job);
      if (outcome === 'done') return;
      if (outcome === 'hand-back') {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      await job.moveToDelayed(Date.now() + outcome.retryInMs, token);
      throw new DelayedError();
    },
    abort,
    handBack() {
      handingBack = true;
      abort(() => true, 'shutdown');
    },
    count: () => running.size,
  };
}

function deliveryOf(job: DeliveryJob, id: string, signal: AbortSignal): Delivery {
  return { id, attempt: job.attemptsStarted, last: isLast(job), signal };
}

function isLast(job: DeliveryJob): boolean {
  return job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
}

/** What the broker is told. The error itself is logged here; PostgreSQL takes no NUL and no lone surrogate in a text. */
function failureOf(
  error: unknown,
  job: DeliveryJob,
  queue: string,
  { log, retryable }: DeliveryContext,
): Error {
  const willRetry = retryable(error) && !isLast(job);
  const text = Buffer.from(reasonOf(error).replaceAll('\0', '').slice(0, 1000)).toString();
  const facts = { queue, id: job.data.id, attempt: job.attemptsStarted, willRetry };
  log.warn({ ...facts, err: error }, 'delivery failed');
  return willRetry ? new Error(text) : new UnrecoverableError(text);
}
