import { setTimeout as sleep } from 'node:timers/promises';
import { generateShapes, shapesArchive } from '@ravine/client/shapes';
import { childrenOf } from '../support/worker-stack.js';
import { eventually } from './cluster/patience.js';
import type { Submitted } from './cluster/read-job.js';
import type { Slot } from './cluster/slot.js';
import type { Stage } from './scenario.js';

/** What users and operators do, each in a way that passes certain durable steps. */
export interface Traffic {
  job(): Promise<unknown>;
  /** Another dataset, and a job on it: its shards are copied anew. */
  upload(): Promise<unknown>;
  predict(): Promise<unknown>;
  cancel(): Promise<unknown>;
  pause(): Promise<unknown>;
  /** A worker is asked to stop while it trains; another one goes on. */
  handBack(): Promise<unknown>;
}

const PROJECT = 'default';

/** Each upload has other images: what is known already is copied nowhere. */
let uploads = 0;

export function createTraffic(stage: Stage): Traffic {
  const { cluster, submit, random } = stage;
  const { client, database } = cluster;

  const submitSteady = (expected: Submitted['expected'] = ['succeeded']) => submit('steady', { expected });
  const training = (id: string) =>
    eventually(async () => {
      const job = await database.jobs.get(PROJECT, id);
      return job?.terminal || (job?.status === 'running' && (job.progress?.step ?? 0) > 0) ? job : null;
    });
  const verb = async (id: string, name: string, body: object = {}): Promise<void> => {
    // 409: the job was faster.
    await client.post(`/v1/jobs/${id}/${name}`, body).catch((error: Error) => {
      if (!String(error.cause).includes('409')) throw error;
    });
  };

  return {
    job: () => submit('short'),
    async upload() {
      uploads += 1;
      const seed = stage.seed * 1000 + uploads;
      const archive = await bytesOf(shapesArchive({ size: 16, perClass: 20, testPerClass: 4, seed }));
      const { id } = await client.uploadDataset(archive);
      await eventually(async () => {
        const { status } = await client.get<{ status: string }>(`/v1/datasets/${id}`);
        if (status === 'failed') stage.violation({ check: 'ingest', expected: 'a dataset', found: status });
        return status === 'ingesting' ? null : true;
      });
      return submit('short', { change: { dataset: id, epochs: 1 } });
    },
    async predict() {
      const job = await submit('short');
      await stage.ended([job]);
      const model = await client.model(job.id);
      return client.predict(model.id, await anImage());
    },
    async cancel() {
      const job = await submitSteady(['cancelled', 'succeeded']);
      if (random.whole(2) === 0) await training(job.id);
      await verb(job.id, 'cancel', { mode: random.pick(['graceful', 'now']) });
    },
    async pause() {
      const job = await submitSteady();
      await training(job.id);
      await verb(job.id, 'pause');
      await eventually(async () => (await database.jobs.get(PROJECT, job.id))?.status !== 'pausing' || null);
      await verb(job.id, 'resume');
    },
    async handBack() {
      const job = await submitSteady();
      const running = await training(job.id);
      const owner = await ownerOf(stage, running?.workerId ?? null);
      if (owner) await asked(owner);
    },
  };
}

/** The slot whose process has this worker id. */
export async function ownerOf({ cluster }: Stage, workerId: string | null): Promise<Slot | null> {
  const { rows } = await cluster.database.pool.query<{ pid: number }>(
    'select process_id as pid from workers where id = $1',
    [workerId],
  );
  return cluster.workers.find(({ pid }) => pid === rows[0]?.pid) ?? null;
}

/** SIGTERM, as an init system sends it; resolves when the process is gone. */
export async function asked(slot: Slot): Promise<void> {
  const { pid } = slot;
  if (slot.signal('SIGTERM')) await slot.gone(pid);
}

/** Process id of a training process that runs below a worker, if there is one. */
export async function childOf(slot: Slot): Promise<number | null> {
  if (slot.pid === 0) return null;
  return (await childrenOf(slot.pid, 'train'))[0] ?? null;
}

async function anImage(): Promise<Uint8Array> {
  for await (const { png } of generateShapes({ size: 16, perClass: 1, testPerClass: 0 })) return png;
  throw new Error('no shape was drawn');
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Waits for something without making it a condition: what never comes is told by who asked. */
export async function within(ms: number, probe: () => Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(100)) if (await probe()) return true;
  return false;
}
