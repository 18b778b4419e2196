import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createQueues,
  type Delivery,
  type DeliveryHandler,
  type QueueName,
  type Queues,
  type QueuesOptions,
} from '@ravine/queue';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type ConsumerProcess, startConsumerProcess } from './queue-process.js';

/** A broker that the tests may take down. */
export interface TestBroker {
  options: { redisUrl: string } | { databaseUrl: string };
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Cuts every connection to it. */
  drop(): Promise<void>;
  close(): Promise<void>;
}

/** What the suites of the queue work with; what a test opens is closed after it. */
export interface QueueBench {
  broker(): TestBroker;
  /** Options for `createQueues`, with short times and a prefix that this test has for itself. */
  options(more?: Partial<QueuesOptions>): QueuesOptions;
  connect(more?: Partial<QueuesOptions>): Promise<Queues>;
  spawnConsumer(queue: QueueName): Promise<ConsumerProcess>;
  /** The messages that were logged. */
  warnings: string[];
}

/** Locks last: a test process that gets no time for a moment must not lose them. */
const timings = { lockMs: 30_000, stalledMs: 500, backoffMs: 50, answerMs: 10_000 };
/** A process that is to die or to sleep holds its locks only for so long. */
const mortal = { lockMs: 2_000 };

/** Starts the broker before the tests of the surrounding `describe`. */
export function createQueueBench(open: () => Promise<TestBroker>): QueueBench {
  let broker: TestBroker;
  let prefix = '';
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
  return {
    broker: () => broker,
    options,
    async connect(more) {
      const queues = await createQueues(options(more));
      opened.push(queues);
      return queues;
    },
    async spawnConsumer(queue) {
      const { log: _, ...plain } = options({ timings: mortal });
      const process = await startConsumerProcess(plain, queue);
      processes.push(process);
      return process;
    },
    warnings,
  };
}

export const refused = (code: string) => expect.objectContaining({ name: 'QueueError', code });

/** Resolves when `met` holds; the test's own time limit ends a wait in vain. */
export async function until(met: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await met())) await sleep(20);
}

/** Resolves when nothing waits or runs. */
export async function idle(queues: Queues, name: QueueName): Promise<void> {
  await until(async () => {
    const { waiting, active, delayed } = await queues.counts(name);
    return waiting + active + delayed === 0;
  });
}

/** Collects what a handler is given. */
export function recorder(handler: DeliveryHandler = async () => 'done') {
  const seen: Delivery[] = [];
  const handle: DeliveryHandler = (delivery) => {
    seen.push(delivery);
    return handler(delivery);
  };
  return { seen, handle, ids: () => seen.map((delivery) => delivery.id) };
}
