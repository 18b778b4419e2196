import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createQueues,
  type Delivery,
  type DeliveryHandler,
  type Queues,
  type QueuesOptions,
} from '@ravine/queue';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ConsumerProcess, startConsumerProcess } from '../support/queue-process.js';

/** A broker that the tests may take down. */
export interface TestBroker {
  options: { redisUrl: string } | { databaseUrl: string };
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Cuts every connection to it. */
  drop(): Promise<void>;
  close(): Promise<void>;
}

const timings = { lockMs: 2_000, stalledMs: 500, backoffMs: 50, answerMs: 4_000 };
const refused = (code: string) => expect.objectContaining({ name: 'QueueError', code });

/** Resolves when `met` holds; the test's own time limit ends a wait in vain. */
async function until(met: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await met())) await sleep(20);
}

/** What `Queues` promises, the same on every broker. */
export function queueSuite(name: string, open: () => Promise<TestBroker>): void {
  describe(name, () => {
    let broker: TestBroker;
    let prefix: string;
    const opened: Queues[] = [];
    const processes: ConsumerProcess[] = [];
    const warnings: string[] = [];
    const log = { warn: (_: object, message: string) => warnings.push(message) };

    beforeAll(async () => {
      broker = await open();
    });
    afterAll(() => broker?.close());
    afterEach(async () => {
      for (const process of processes.splice(0)) await process.kill();
      await Promise.all(opened.splice(0).map((queues) => queues.close()));
      prefix = '';
    });

    const options = (more: Partial<QueuesOptions> = {}): QueuesOptions => {
      prefix ||= `test-${randomBytes(6).toString('hex')}`;
      return { ...broker.options, prefix, log, ...more, timings: { ...timings, ...more.timings } };
    };
    const connect = async (more?: Partial<QueuesOptions>): Promise<Queues> => {
      const queues = await createQueues(options(more));
      opened.push(queues);
      return queues;
    };
    const spawnConsumer = async (queue: string): Promise<ConsumerProcess> => {
      const { log: _, ...plain } = options();
      const process = await startConsumerProcess(plain, queue);
      processes.push(process);
      return process;
    };
    /** Collects what a handler is given. */
    const recorder = (handler: DeliveryHandler = async () => 'done') => {
      const seen: Delivery[] = [];
      const handle: DeliveryHandler = (delivery) => {
        seen.push(delivery);
        return handler(delivery);
      };
      return { seen, handle, ids: () => seen.map((delivery) => delivery.id) };
    };
    const idle = async (queues: Queues, queue: 'control' | 'predict' | 'train.cpu') => {
      await until(async () => {
        const { waiting, active, delayed } = await queues.counts(queue);
        return waiting + active + delayed === 0;
      });
    };

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
        await queues.consume(
          'control',
          recorder(async () => {
            at.push(Date.now());
            return 'done';
          }).handle,
          { concurrency: 1 },
        );
        const from = Date.now();
        await queues.enqueue('control', 'ds_late', { delayMs: 700 });
        expect((await queues.counts('control')).delayed).toBe(1);
        expect(await queues.has('control', 'ds_late')).toBe(true);
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
        expect(again).toMatchObject({ attempt: 2, last: false });
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
        expect(seen).toMatchObject([{ id: 'job_1', attempt: 2 }]);
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

    describe('failures', () => {
      it('tries a retryable error as often as the queue allows and says which try is the last', async () => {
        const queues = await connect();
        const { seen, handle } = recorder(async () => {
          throw new Error('no luck');
        });
        await queues.consume('control', handle, { concurrency: 1 });
        await queues.enqueue('control', 'ds_1');
        await until(async () => (await queues.counts('control')).failed === 1);
        expect(seen.map(({ attempt, last }) => [attempt, last])).toEqual([
          [1, false],
          [2, false],
          [3, false],
          [4, false],
          [5, true],
        ]);
        expect(await queues.has('control', 'ds_1')).toBe(false);
        expect(warnings.filter((message) => message === 'delivery failed').length).toBeGreaterThanOrEqual(5);
      });

      it('does not repeat an error that says it is not retryable, and its key can be used again', async () => {
        const queues = await connect();
        const { seen, handle } = recorder(async ({ id }) => {
          if (seen.length > 1) return 'done';
          throw Object.assign(new Error(`bad ${id}`), { retryable: false });
        });
        await queues.consume('control', handle, { concurrency: 1 });
        await queues.enqueue('control', 'ds_1');
        await until(async () => (await queues.counts('control')).failed === 1);
        expect(seen).toHaveLength(1);
        await queues.enqueue('control', 'ds_1');
        await until(() => seen.length === 2);
        await idle(queues, 'control');
        expect((await queues.counts('control')).failed).toBe(0);
      });

      it('asks the given rule which errors are retryable', async () => {
        const queues = await connect({ retryable: (error) => (error as Error).message === 'again' });
        const { seen, handle } = recorder(async ({ attempt }) => {
          throw new Error(attempt === 1 ? 'again' : 'never');
        });
        await queues.consume('control', handle, { concurrency: 1 });
        await queues.enqueue('control', 'ds_1');
        await until(async () => (await queues.counts('control')).failed === 1);
        expect(seen).toHaveLength(2);
      });

      it('takes error texts that no database likes', async () => {
        const queues = await connect();
        const { seen, handle } = recorder(async ({ attempt }) => {
          if (attempt === 1) throw new Error('a \0 and a \ud800 and ❄'.repeat(1000));
          return 'done';
        });
        await queues.consume('control', handle, { concurrency: 1 });
        await queues.enqueue('control', 'ds_1');
        await until(() => seen.length === 2);
        await idle(queues, 'control');
      });

      it('gives the delivery of a killed process to another', async () => {
        const queues = await connect();
        const worker = await spawnConsumer('train.cpu');
        await queues.enqueue('train.cpu', 'job_1');
        await worker.next('started');
        await worker.kill();
        const { seen, handle } = recorder();
        await queues.consume('train.cpu', handle, { concurrency: 1 });
        await idle(queues, 'train.cpu');
        expect(seen).toMatchObject([{ id: 'job_1', attempt: 2, last: false }]);
      });

      it('tells a process that slept too long that its delivery is lost', async () => {
        const queues = await connect();
        const worker = await spawnConsumer('train.cpu');
        await queues.enqueue('train.cpu', 'job_1');
        await worker.next('started');
        worker.signal('SIGSTOP');
        let release = () => {};
        const gate = new Promise<void>((resolve) => {
          release = resolve;
        });
        const { seen, handle } = recorder(async () => {
          await gate;
          return 'done';
        });
        await queues.consume('train.cpu', handle, { concurrency: 1 });
        await until(() => seen.length === 1);
        worker.signal('SIGCONT');
        expect(await worker.next('aborted')).toMatchObject({ id: 'job_1', reason: 'lock-lost' });
        expect(seen[0]?.signal.aborted).toBe(false);
        release();
        await idle(queues, 'train.cpu');
        expect(seen).toMatchObject([{ id: 'job_1', attempt: 2 }]);
      });
    });

    describe('a broker that goes away', () => {
      it('running deliveries end once, waiting and delayed ones come, producers fail at once and recover', async () => {
        const lasting = { timings: { lockMs: 30_000, stalledMs: 5_000 } };
        const [api, worker] = [await connect(lasting), await connect(lasting)];
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
        await broker.stop();
        await expect(api.enqueue('control', 'ds_lost')).rejects.toEqual(refused('unavailable'));
        await expect(api.check()).rejects.toEqual(refused('unavailable'));
        await expect(api.signal('ds_running', 'cancel')).rejects.toEqual(refused('unavailable'));
        release();
        await broker.start();
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
          await broker.drop();
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
        await broker.stop();
        await broker.start();
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
        await broker.stop();
        try {
          await queues.close();
        } finally {
          await broker.start();
        }
      });

      it('creating waits for it, up to a limit', async () => {
        await broker.stop();
        const late = createQueues(options());
        const never = createQueues(options({ timings: { startMs: 300 } }));
        await expect(never).rejects.toEqual(refused('unavailable'));
        await broker.start();
        opened.push(await late);
        await opened.at(-1)?.check();
      });

      it('many may start at once', async () => {
        const all = await Promise.all(Array.from({ length: 5 }, () => connect()));
        await Promise.all(all.map((queues) => queues.check()));
      });
    });

    it('refuses bad input by name', async () => {
      const queues = await connect();
      const cases: [() => Promise<unknown>, string][] = [
        [() => queues.enqueue('control', ''), 'queue key ""'],
        [() => queues.enqueue('control', '123'), 'queue key "123"'],
        [() => queues.enqueue('control', 'a b'), 'queue key "a b"'],
        [() => queues.enqueue('control', 'ds_1', { dedupeKey: 'a/b' }), 'queue key "a/b"'],
        [() => queues.enqueue('control', 'ds_1', { priority: 0.5 }), 'priority 0.5'],
        [() => queues.enqueue('control', 'ds_1', { delayMs: -1 }), 'delayMs -1'],
        [() => queues.enqueue('nope' as 'control', 'ds_1'), 'queue "nope"'],
        [() => queues.has('control', '\0'), 'queue key "\\u0000"'],
        [() => queues.consume('control', async () => 'done', { concurrency: 0 }), 'concurrency 0'],
        [() => createQueues(options({ prefix: 'a:b' })), 'queue prefix "a:b"'],
        [() => createQueues({ log }), 'needs a Redis URL or a database URL'],
        [() => createQueues({ log, redisUrl: 'localhost:6379' }), 'Redis URL: must be redis://'],
        [() => createQueues({ log, databaseUrl: 'mysql://x/y' }), 'database URL: must be postgresql://'],
      ];
      for (const [call, text] of cases) {
        const error: unknown = await call().catch((thrown) => thrown);
        expect(error).toEqual(refused('invalid'));
        expect((error as Error).message).toContain(text);
      }
      expect((await queues.counts('control')).waiting).toBe(0);
    });

    it('describes itself without secrets', async () => {
      expect((await connect()).describe()).toMatch(
        /^BullMQ on (redis|postgres) at 127\.0\.0\.1:\d+\S*, prefix test-\w+$/,
      );
    });
  });
}
