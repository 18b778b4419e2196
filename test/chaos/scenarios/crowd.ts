import { hostname } from 'node:os';
import { type Job, newId } from '@ravine/contracts';
import type { Database } from '@ravine/database';
import { openDatabase } from '@ravine/database';
import { createQueues } from '@ravine/queue';
import { eventually } from '../cluster/patience.js';
import { recipes } from '../recipes.js';
import type { Scenario, Stage } from '../scenario.js';

const CALLERS = 8;

/** Runs work for every item, some at a time, and answers how long each took in milliseconds. */
async function timed<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < items.length) {
      const item = items[next++]!;
      const began = performance.now();
      await work(item);
      took.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return took.sort((a, b) => a - b);
}

const percentile = (sorted: readonly number[], share: number): string =>
  `${(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1)} ms`;

/** A worker that the API can see and that trains nothing. */
async function nullWorker(database: Database): Promise<string> {
  const id = newId('wkr');
  const device = { id: 'cpu', kind: 'cpu' as const, name: 'null', memoryBytes: null, fastBf16: false };
  const engine = { name: 'torch', available: true, reason: null, libraries: {}, devices: [device] };
  const row = { id, hostname: hostname(), processId: process.pid, version: '0', engines: [engine] };
  await database.workers.register({ ...row, queues: ['train.cpu'], threads: 1 });
  return id;
}

/** Claims and finishes what is delivered, one after the other; answers the ids in the order in which they came. */
async function runAll(
  { cluster }: Stage,
  database: Database,
  workerId: string,
  count: number,
): Promise<string[]> {
  const order: string[] = [];
  const { databaseUrl, redis } = cluster;
  const queues = await createQueues({ databaseUrl, redisUrl: redis?.url, log: { warn() {} } });
  const consumer = await queues.consume(
    'train.cpu',
    async ({ id }) => {
      const claim = await database.jobs.claim(id, workerId, { deviceKind: 'cpu' });
      if (!claim) return 'done';
      order.push(id);
      await database.jobs.finish(id, claim.attempt, { status: 'succeeded', stopReason: 'completed' });
      return 'done';
    },
    { concurrency: 1 },
  );
  await eventually(async () => (order.length >= count ? true : null), 20 * 60_000);
  await consumer.close({ handBack: true });
  await queues.close();
  return order;
}

/** All pages of the list, newest first. */
async function listed({ cluster }: Stage, name: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page: { data: Job[]; nextCursor: string | null } = await cluster.client.get(
      `/v1/jobs?limit=200&name=${name}${cursor ? `&cursor=${cursor}` : ''}`,
    );
    ids.push(...page.data.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor);
  return ids;
}

/** Far more jobs than workers: the queue and the API under a crowd, with an engine that does nothing. */
export const crowd: Scenario = {
  name: 'crowd',
  title: '10,000 queued jobs (2,000 in short): submit, list, cancel half, run the rest by priority',
  queues: ['postgres', 'redis'],
  async run(stage) {
    const { cluster, random, long, dataset, log, violation, passing } = stage;
    const { client } = cluster;
    await Promise.all(cluster.workers.splice(0).map((worker) => worker.close()));
    const database = await openDatabase({ url: cluster.databaseUrl, lostAfterMs: 3_600_000 });
    const worker = await nullWorker(database);
    const beating = setInterval(() => void database.workers.heartbeat(worker).catch(() => {}), 5_000);
    const count = long ? 10_000 : 2_000;
    const wish = { dataset, ...recipes.short };
    const made = new Map<string, number>();
    const priorities = Array.from({ length: count }, () => random.whole(5) - 2);
    const submits = await timed(priorities, async (priority) => {
      const job = await client.post<Job>('/v1/jobs', { name: 'crowd', recipe: wish, priority });
      made.set(job.id, priority);
    });
    log(`${count} jobs submitted: p50 ${percentile(submits, 0.5)}, p99 ${percentile(submits, 0.99)}`);

    const seen = await listed(stage, 'crowd');
    const all = [...made.keys()];
    if (new Set(seen).size !== count || seen.length !== count || all.some((id) => !seen.includes(id)))
      violation({
        check: 'crowd-list',
        expected: `each of ${count} jobs once`,
        found: `${seen.length} listed`,
      });

    const dropped = random.shuffled(all).slice(0, count / 2);
    const cancels = await timed(dropped, (id) => client.post(`/v1/jobs/${id}/cancel`, { mode: 'now' }));
    log(`${dropped.length} cancelled: p50 ${percentile(cancels, 0.5)}, p99 ${percentile(cancels, 0.99)}`);

    const left = count - dropped.length;
    const order = await runAll(stage, database, worker, left);
    const { rows } = await database.pool.query<{ status: string; count: number }>(
      `select status, count(*)::int as count from jobs where name = 'crowd' group by status`,
    );
    const counts = Object.fromEntries(rows.map((row) => [row.status, row.count]));
    if (counts.succeeded !== left || counts.cancelled !== dropped.length || order.length !== left)
      violation({
        check: 'crowd',
        expected: `${left} succeeded, ${dropped.length} cancelled`,
        found: `${JSON.stringify(counts)}, ${order.length} runs`,
      });
    const late = order.findIndex((id, i) => i > 0 && made.get(id)! > made.get(order[i - 1]!)!);
    if (late >= 0)
      violation({
        check: 'crowd-order',
        job: order[late]!,
        expected: 'higher priorities before lower ones',
        found: `priority ${made.get(order[late]!)} after ${made.get(order[late - 1]!)} at place ${late}`,
      });
    passing(count);
    clearInterval(beating);
    await database.workers.remove(worker);
    await database.close();
    await cluster.addWorker().ready();
  },
};
