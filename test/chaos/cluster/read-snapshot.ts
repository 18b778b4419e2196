import type { Snapshot } from '../check/snapshot.js';
import { cleanUp, jobFolders } from './clean-up.js';
import type { Cluster } from './cluster.js';
import { eventually, patiently, untilStill } from './patience.js';
import { readJob, type Submitted } from './read-job.js';

const QUEUES = ['train.cpu', 'train.cuda', 'control', 'predict'] as const;

/**
 * Waits until all these jobs have ended, as long as they come further: one that does the same steps again and again does
 * not. Those that do not end are left to the checker.
 */
export async function allEnded({ database }: Cluster, jobs: readonly Submitted[]): Promise<void> {
  const ids = jobs.map(({ id }) => id);
  await untilStill(async () => {
    const { rows } = await database.pool.query<{ ended: number; steps: number }>(
      `select count(ended_at)::int as ended, coalesce(sum((progress->>'step')::float8), 0) as steps
       from jobs where id = any($1)`,
      [ids],
    );
    const { ended = 0, steps = 0 } = rows[0] ?? {};
    return { done: ended === ids.length, reached: ended + steps };
  });
}

export interface SnapshotOptions {
  seed: number;
  faults: string[];
  jobs: readonly Submitted[];
}

/** The cluster as it is once nothing goes on any more; the clean-up of the service runs before. */
export async function readSnapshot(cluster: Cluster, options: SnapshotOptions): Promise<Snapshot> {
  await allEnded(cluster, options.jobs);
  const deliveries = await settledDeliveries(cluster);
  return patiently('the state of the cluster cannot be read', async () => {
    await cleanUp(cluster);
    const jobs = [];
    for (const job of options.jobs) jobs.push(await readJob(cluster, job));
    const blobs: string[] = [];
    for await (const { key } of cluster.storage.list()) blobs.push(key);
    return {
      seed: options.seed,
      faults: options.faults,
      jobs,
      blobs,
      named: await namedBlobs(cluster),
      deliveries,
      twice: await madeTwice(cluster),
      leftovers: await jobFolders(cluster),
    };
  });
}

/** Counts of what is left in the queues after everything had its time: locks of dead consumers run out slowly. */
async function settledDeliveries({ queues }: Cluster): Promise<Snapshot['deliveries']> {
  const count = () =>
    Promise.all(
      QUEUES.map(async (queue) => {
        const { waiting, active, delayed } = await queues.counts(queue);
        return { queue, count: waiting + active + delayed };
      }),
    );
  const empty = await eventually(async () => {
    const counts = await count();
    return counts.every((queue) => queue.count === 0) ? counts : null;
  });
  return empty ?? count();
}

async function namedBlobs({ database }: Cluster): Promise<Snapshot['named']> {
  const { rows } = await database.pool.query<{ key: string; by: string }>(
    `select key, 'dataset ' || dataset_id as by from dataset_blobs
     union all select sha256, 'checkpoint ' || id || ' of ' || job_id from checkpoints
     union all select sha256, 'artifact ' || file_name || ' of ' || job_id from artifacts
     union all select sha256, 'model ' || id from models
     union all select image ->> 'key', 'prediction ' || id from predictions, jsonb_array_elements(images) as image`,
  );
  return rows;
}

/** A request that is repeated after a crash must find the job that it made before. */
async function madeTwice({ database }: Cluster): Promise<string[]> {
  const { rows } = await database.pool.query<{ ids: string }>(
    `select string_agg(id, ' and ') || ' of one request' as ids from jobs
     where labels ? 'request' group by labels ->> 'request' having count(*) > 1`,
  );
  return rows.map(({ ids }) => ids);
}
