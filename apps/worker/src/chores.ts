import { deliveryKey } from '@ravine/queue';
import type { WorkerContext } from './parts.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** How long a row may wait for its delivery before it gets another. */
const LOST_DELIVERY_MS = MINUTE_MS;
/** Somebody waits for a prediction. */
const LOST_PREDICTION_MS = 5_000;
const PREDICTION_TTL_MS = 10 * MINUTE_MS;
const IDEMPOTENCY_TTL_MS = 2 * DAY_MS;
const OLD_WORKER_MS = 60 * MINUTE_MS;

type ChoreContext = Pick<
  WorkerContext,
  'database' | 'queues' | 'storage' | 'workerId' | 'running' | 'ingesting' | 'log'
>;

/**
 * Repairs what outages and crashes left behind: rows whose delivery was lost, jobs whose worker is gone, rows and blobs
 * that nobody needs any more.
 */
export function createChores(context: ChoreContext) {
  const { database, queues, storage, workerId, running, ingesting, log } = context;
  const recheck = createRecheck(LOST_DELIVERY_MS);
  return {
    async jobsWithoutDelivery() {
      for (const { id, attempt, priority, queue } of await database.jobs.queuedWithoutDelivery(
        LOST_DELIVERY_MS,
      )) {
        const dedupeKey = deliveryKey(id, attempt);
        await recheck(dedupeKey, () => queues.enqueue(queue, id, { priority, dedupeKey }));
      }
    },

    async jobsOfLostWorkers() {
      for (const { id, attempt, priority, queue } of await database.jobs.lost()) {
        const dedupeKey = deliveryKey(id, attempt);
        // By attempt: a job may lose one worker soon after another.
        await recheck(dedupeKey, async () => {
          log.warn({ job: id, attempt }, 'the worker of a job is lost: the job is given to another');
          await queues.enqueue(queue, id, { priority, dedupeKey });
        });
      }
    },

    /** A fault that nobody thought of must not keep what this worker holds for as long as it lives. */
    async leftBehind() {
      const reason = 'its worker lost sight of it';
      for (const { id, attempt, priority, queue } of await database.jobs.heldBy(workerId)) {
        if (running.has(id)) continue;
        log.error({ job: id, attempt }, 'a job of this worker does not run here: it is handed back');
        const status = await database.jobs.handBack(id, attempt, { reason, failure: null });
        const dedupeKey = deliveryKey(id, attempt);
        if (status === 'queued') await queues.enqueue(queue, id, { priority, dedupeKey });
      }
      for (const { id, attempt } of await database.datasets.heldBy(workerId)) {
        if (ingesting.has(id)) continue;
        log.error({ dataset: id, attempt }, 'an upload of this worker is not packed here: it is handed back');
        const released = await database.datasets.releaseIngest(id, attempt);
        if (released) await queues.enqueue('control', id, { dedupeKey: deliveryKey(id, attempt) });
      }
    },

    async datasetsWithoutDelivery() {
      for (const { id, attempt } of await database.datasets.stale(LOST_DELIVERY_MS)) {
        const dedupeKey = deliveryKey(id, attempt);
        await recheck(dedupeKey, () => queues.enqueue('control', id, { dedupeKey }));
      }
    },

    async predictionsWithoutDelivery() {
      for (const id of await database.predictions.stale(LOST_PREDICTION_MS)) {
        await recheck(id, () => queues.enqueue('predict', id, { dedupeKey: `${id}:again` }));
      }
    },

    async oldPredictions() {
      const { keys } = await database.predictions.expire(PREDICTION_TTL_MS);
      await database.deleteUnnamed(keys, (key) => storage.delete(key));
    },

    async oldIdempotencyKeys() {
      await database.idempotency.purge(IDEMPOTENCY_TTL_MS);
    },

    async oldWorkers() {
      await database.workers.removeStale(OLD_WORKER_MS);
    },
  };
}

/** Does what an id needs, and not again within `ms`, however long its row waits; what failed may be done again at once. */
export function createRecheck(
  ms: number,
  clock: () => number = Date.now,
): (id: string, work: () => Promise<void>) => Promise<void> {
  const done = new Map<string, number>();
  return async (id, work) => {
    for (const [known, at] of done) if (clock() - at >= ms) done.delete(known);
    if (done.has(id)) return;
    await work();
    done.set(id, clock());
  };
}
