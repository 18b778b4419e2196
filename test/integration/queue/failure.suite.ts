import { createQueues } from '@ravine/queue';
import { describe, expect, it } from 'vitest';
import { idle, type QueueBench, recorder, refused, until } from '../../support/queue-bench.js';

/** Handlers that throw, processes that die, and input that is wrong. */
export function failureSuite({ connect, options, spawnConsumer, warnings }: QueueBench): void {
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

  it('refuses bad input by name', async () => {
    const queues = await connect();
    const { log } = options();
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
}
