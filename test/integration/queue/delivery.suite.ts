import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryHandler } from '@ravine/queue';
import { describe, expect, it } from 'vitest';
import { idle, type QueueBench, recorder, until } from '../../support/queue-bench.js';

/** What is delivered, when, and how often. */
export function deliverySuite({ connect }: QueueBench): void {
  describe('delivery', () => {
    it('brings an id to a handler of its queue and of no other', async () => {
      const queues = await connect();
      const [control, predict] = [recorder(), recorder()];
      await queues.consume('control', control.handle, { concurrency: 1 });
      await queues.consume('predict', predict.handle, { concurrency: 1 });
      await queues.enqueue('control', 'ds_1');
      await until(() => control.seen.length === 1);
      await idle(queues, 'control');
      expect(control.seen[0]).toMatchObject({ id: 'ds_1', attempt: 1, last: false });
      expect(predict.seen).toEqual([]);
      expect(await queues.counts('control')).toEqual({ waiting: 0, active: 0, delayed: 0, failed: 0 });
    });

    it('keeps services with different prefixes apart', async () => {
      const mine = await connect();
      const other = await connect({ prefix: 'other-service' });
      await mine.enqueue('control', 'ds_1');
      expect((await other.counts('control')).waiting).toBe(0);
      expect(await other.has('control', 'ds_1')).toBe(false);
    });

    it('delivers an id once per key, however often it is enqueued while it waits', async () => {
      const queues = await connect();
      const again = () => queues.enqueue('control', 'ds_1', { dedupeKey: 'ds_1:1' });
      await Promise.all([again(), again(), again(), again()]);
      await queues.enqueue('control', 'ds_1', { dedupeKey: 'ds_1:2' });
      expect((await queues.counts('control')).waiting).toBe(2);
      const { seen, handle } = recorder();
      await queues.consume('control', handle, { concurrency: 4 });
      await idle(queues, 'control');
      expect(seen).toHaveLength(2);
    });

    it('a key can be used again when its delivery is done', async () => {
      const queues = await connect();
      const { seen, handle } = recorder();
      await queues.consume('control', handle, { concurrency: 1 });
      for (const count of [1, 2]) {
        await queues.enqueue('control', 'ds_1');
        await until(() => seen.length === count);
        await idle(queues, 'control');
      }
      expect(seen.map((delivery) => delivery.attempt)).toEqual([1, 1]);
    });

    it('brings higher priorities first, equal ones in order', async () => {
      const queues = await connect();
      for (const [id, priority] of [
        ['a', 0],
        ['low', -5],
        ['b', 0],
        ['top', 1_000_000],
        ['c', 0],
        ['high', 5],
      ] as const) {
        await queues.enqueue('control', id, { priority });
      }
      const { ids, handle } = recorder();
      await queues.consume('control', handle, { concurrency: 1 });
      await idle(queues, 'control');
      expect(ids()).toEqual(['top', 'high', 'a', 'b', 'c', 'low']);
    });

    it('does not deliver before its delay has passed', async () => {
      const queues = await connect();
      const at: number[] = [];
      const { handle } = recorder(async () => {
        at.push(Date.now());
        return 'done';
      });
      const from = Date.now();
      await queues.enqueue('control', 'ds_late', { delayMs: 700 });
      expect((await queues.counts('control')).delayed).toBe(1);
      expect(await queues.has('control', 'ds_late')).toBe(true);
      await queues.consume('control', handle, { concurrency: 1 });
      await until(() => at.length === 1);
      expect(at[0]! - from).toBeGreaterThanOrEqual(690); // timers and clocks round differently
    });

    it('runs as many at once as it may, and no more', async () => {
      const queues = await connect();
      let [now, most] = [0, 0];
      let release = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const handler = async () => {
        now += 1;
        most = Math.max(most, now);
        await gate;
        now -= 1;
        return 'done' as const;
      };
      await queues.consume('control', handler, { concurrency: 4 });
      for (let i = 0; i < 10; i += 1) await queues.enqueue('control', `ds_${i}`);
      await until(() => now === 4);
      await until(async () => (await queues.counts('control')).active === 4);
      release();
      await idle(queues, 'control');
      expect(most).toBe(4);
    });

    it('starts 500 deliveries exactly once on two consumers', async () => {
      const [a, b] = [await connect(), await connect()];
      const starts = new Map<string, number>();
      const share = [0, 0];
      const handlerOf =
        (consumer: number): DeliveryHandler =>
        async ({ id }) => {
          starts.set(id, (starts.get(id) ?? 0) + 1);
          share[consumer]! += 1;
          await sleep(2);
          return 'done';
        };
      await a.consume('predict', handlerOf(0), { concurrency: 8 });
      await b.consume('predict', handlerOf(1), { concurrency: 8 });
      const ids = Array.from({ length: 500 }, (_, i) => `prd_${i}`);
      await Promise.all(ids.map((id) => a.enqueue('predict', id)));
      await idle(a, 'predict');
      expect([...starts.keys()].sort()).toEqual(ids.sort());
      expect(Math.max(...starts.values())).toBe(1);
      expect(Math.min(...share)).toBeGreaterThan(0);
    });
  });
}
