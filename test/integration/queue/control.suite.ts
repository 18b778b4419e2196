import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { idle, type QueueBench, recorder, until } from '../../support/queue-bench.js';

/** Taking a delivery back from a queue, from a handler and by a handler. */
export function controlSuite({ connect, spawnConsumer }: QueueBench): void {
  describe('taking back', () => {
    it('removes what waits or is delayed, not what runs or is absent', async () => {
      const queues = await connect();
      await queues.enqueue('control', 'ds_waiting');
      await queues.enqueue('control', 'ds_delayed', { delayMs: 60_000, dedupeKey: 'ds_delayed:7' });
      expect(await queues.remove('control', 'ds_waiting')).toBe(true);
      expect(await queues.remove('control', 'ds_waiting')).toBe(false);
      expect(await queues.remove('control', 'ds_delayed:7')).toBe(true);
      expect(await queues.has('control', 'ds_delayed:7')).toBe(false);
      const { seen, handle } = recorder(async ({ signal }) => {
        await once(signal, 'abort');
        return 'done';
      });
      await queues.consume('control', handle, { concurrency: 1 });
      await queues.enqueue('control', 'ds_running');
      await until(() => seen.length === 1);
      expect(await queues.has('control', 'ds_running')).toBe(true);
      expect(await queues.remove('control', 'ds_running')).toBe(false);
      await queues.signal('ds_running', 'cancel');
      await idle(queues, 'control');
    });

    it('signals a running delivery of another connection, and only that one', async () => {
      const [api, worker] = [await connect(), await connect()];
      const { seen, handle } = recorder(async ({ signal }) => {
        await once(signal, 'abort');
        return 'done';
      });
      await worker.consume('train.cpu', handle, { concurrency: 2 });
      await api.enqueue('train.cpu', 'job_a', { dedupeKey: 'job_a:1' });
      await api.enqueue('train.cpu', 'job_b', { dedupeKey: 'job_b:1' });
      await until(() => seen.length === 2);
      await api.signal('job_a', 'cancel');
      const [a, b] = ['job_a', 'job_b'].map((id) => seen.find((delivery) => delivery.id === id)!.signal);
      await until(() => a!.aborted);
      expect(a!.reason).toBe('cancel');
      expect(b!.aborted).toBe(false);
      await api.signal('job_b', 'cancel');
      await idle(api, 'train.cpu');
    });

    it('signals a running delivery of another process', async () => {
      const api = await connect();
      const worker = await spawnConsumer('train.cpu');
      await api.enqueue('train.cpu', 'job_far');
      expect(await worker.next('started')).toMatchObject({ id: 'job_far', attempt: 1 });
      await api.signal('job_far', 'cancel');
      expect(await worker.next('aborted')).toMatchObject({ id: 'job_far', reason: 'cancel' });
      await idle(api, 'train.cpu');
    });

    it('a signal that nobody waits for is no error', async () => {
      await (await connect()).signal('job_nowhere', 'cancel');
    });
  });

  describe('handing back', () => {
    it('closing with handBack gives running deliveries to another consumer, as no failed try', async () => {
      const [first, second] = [await connect(), await connect()];
      const leaving = recorder(async ({ signal }) => {
        await once(signal, 'abort');
        return 'hand-back';
      });
      const consumer = await first.consume('predict', leaving.handle, { concurrency: 1 });
      await first.enqueue('predict', 'prd_1');
      await first.enqueue('predict', 'prd_2');
      await until(() => leaving.seen.length === 1);
      await consumer.close({ handBack: true });
      expect(leaving.seen[0]?.signal.reason).toBe('shutdown');
      expect(leaving.seen).toHaveLength(1);
      const staying = recorder();
      await second.consume('predict', staying.handle, { concurrency: 1 });
      await until(() => staying.seen.length === 2);
      const again = staying.seen.find((delivery) => delivery.id === leaving.seen[0]?.id);
      expect(again?.attempt).toBeGreaterThan(1);
      expect(again?.last).toBe(false);
      await idle(second, 'predict');
    });

    it('closing without handBack lets running deliveries end', async () => {
      const queues = await connect();
      const { seen, handle } = recorder(async () => {
        await sleep(300);
        return 'done';
      });
      const consumer = await queues.consume('control', handle, { concurrency: 1 });
      await queues.enqueue('control', 'ds_1');
      await queues.enqueue('control', 'ds_2');
      await until(() => seen.length === 1);
      await consumer.close({ handBack: false });
      expect(seen[0]?.signal.aborted).toBe(false);
      expect(await queues.counts('control')).toMatchObject({ active: 0, waiting: 1 });
    });

    it('a process that is told to end hands its deliveries to another', async () => {
      const queues = await connect();
      const worker = await spawnConsumer('train.cpu');
      await queues.enqueue('train.cpu', 'job_1');
      await worker.next('started');
      worker.signal('SIGTERM');
      expect(await worker.next('aborted')).toMatchObject({ reason: 'shutdown' });
      expect(await worker.exited()).toBe(0);
      const { seen, handle } = recorder();
      await queues.consume('train.cpu', handle, { concurrency: 1 });
      await idle(queues, 'train.cpu');
      expect(seen).toMatchObject([{ id: 'job_1', last: false }]);
      expect(seen[0]!.attempt).toBeGreaterThan(1);
    });

    it('retryInMs brings it back later', async () => {
      const queues = await connect();
      const at: number[] = [];
      const { seen, handle } = recorder(async ({ attempt }) => {
        at.push(Date.now());
        return attempt < 3 ? { retryInMs: 300 } : 'done';
      });
      await queues.consume('predict', handle, { concurrency: 1 });
      await queues.enqueue('predict', 'prd_1');
      await until(() => seen.length === 3);
      await idle(queues, 'predict');
      expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(290);
      expect(seen.map(({ attempt, last }) => [attempt, last])).toEqual([
        [1, false],
        [2, false],
        [3, false],
      ]);
    });
  });
}
