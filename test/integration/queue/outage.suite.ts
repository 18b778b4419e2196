import { once } from 'node:events';
import { createQueues } from '@ravine/queue';
import { describe, expect, it } from 'vitest';
import { idle, type QueueBench, recorder, refused, until } from '../../support/queue-bench.js';

/** A broker that goes away and comes back. */
export function outageSuite({ broker, connect, options, warnings }: QueueBench): void {
  describe('a broker that goes away', () => {
    it('running deliveries end once, waiting and delayed ones come, producers fail at once and recover', async () => {
      const [api, worker] = [await connect(), await connect()];
      let release = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const { ids, seen, handle } = recorder(async ({ id }) => {
        if (id === 'ds_running') await gate;
        return 'done';
      });
      await worker.consume('control', handle, { concurrency: 1 });
      await api.enqueue('control', 'ds_running');
      await api.enqueue('control', 'ds_waiting');
      await api.enqueue('control', 'ds_delayed', { delayMs: 500 });
      await until(() => seen.length === 1);
      await broker().stop();
      await expect(api.enqueue('control', 'ds_lost')).rejects.toEqual(refused('unavailable'));
      await expect(api.check()).rejects.toEqual(refused('unavailable'));
      await expect(api.signal('ds_running', 'cancel')).rejects.toEqual(refused('unavailable'));
      release();
      await broker().start();
      await until(() =>
        api.check().then(
          () => true,
          () => false,
        ),
      );
      await api.enqueue('control', 'ds_after');
      await until(() => seen.length >= 4);
      await idle(api, 'control');
      expect(ids().sort()).toEqual(['ds_after', 'ds_delayed', 'ds_running', 'ds_waiting']);
      expect(warnings).toContain('queue connection: trouble');
    });

    it('cut connections are made again, under a running delivery too', async () => {
      const [api, worker] = [await connect(), await connect()];
      const { ids, seen, handle } = recorder(async ({ id, signal }) => {
        if (id === 'ds_held') await once(signal, 'abort');
        return 'done';
      });
      await worker.consume('control', handle, { concurrency: 2 });
      await api.enqueue('control', 'ds_held');
      await until(() => seen.length === 1);
      for (let round = 0; round < 3; round += 1) {
        await broker().drop();
        await until(() =>
          api.check().then(
            () => true,
            () => false,
          ),
        );
        await api.enqueue('control', `ds_${round}`);
        await until(() => seen.length === 2 + round);
      }
      await until(async () => {
        await api.signal('ds_held', 'cancel').catch(() => {});
        return seen[0]!.signal.aborted;
      });
      await idle(api, 'control');
      expect(seen[0]!.signal.reason).toBe('cancel');
      expect(ids()).toEqual(['ds_held', 'ds_0', 'ds_1', 'ds_2']);
    });

    it('signals arrive again after it', async () => {
      const [api, worker] = [await connect(), await connect()];
      const { seen, handle } = recorder(async ({ signal }) => {
        await once(signal, 'abort');
        return 'done';
      });
      await worker.consume('control', handle, { concurrency: 1 });
      await broker().stop();
      await broker().start();
      await until(() =>
        api.check().then(
          () => true,
          () => false,
        ),
      );
      await api.enqueue('control', 'ds_1');
      await until(() => seen.length === 1);
      await until(async () => {
        await api.signal('ds_1', 'cancel').catch(() => {});
        return seen[0]!.signal.aborted;
      });
      await idle(api, 'control');
    });

    it('closing does not wait for it for ever', async () => {
      const queues = await createQueues(options());
      await queues.consume('control', async () => 'done', { concurrency: 1 });
      await broker().stop();
      try {
        await queues.close();
      } finally {
        await broker().start();
      }
    });

    it('creating waits for it, up to a limit', async () => {
      await broker().stop();
      const late = connect();
      const never = createQueues(options({ timings: { startMs: 300 } }));
      await expect(never).rejects.toEqual(refused('unavailable'));
      await broker().start();
      await (await late).check();
    });

    it('many may start at once', async () => {
      const all = await Promise.all(Array.from({ length: 5 }, () => connect()));
      await Promise.all(all.map((queues) => queues.check()));
    });
  });
}
