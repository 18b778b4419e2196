import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from '../cluster/patience.js';
import type { Scenario, Stage } from '../scenario.js';
import { ownerOf } from '../traffic.js';

const PROJECT = 'default';

/** What a bad disk makes of a file. */
const DAMAGE: Record<string, (bytes: Buffer, at: number) => Buffer | null> = {
  'cut short': (bytes, at) => bytes.subarray(0, at),
  'one bit flipped': (bytes, at) => {
    const copy = Buffer.from(bytes);
    copy[at] = copy[at]! ^ 1;
    return copy;
  },
  empty: () => Buffer.alloc(0),
};

/** Kills the owner of a job that has a checkpoint, and damages that before another worker reads it. */
async function damage(stage: Stage, how: string): Promise<void> {
  const { cluster, random, submit, ended, fault, log } = stage;
  const { database } = cluster;
  const { id } = await submit('steady');
  const last = await eventually(async () => {
    const job = await database.jobs.get(PROJECT, id);
    const checkpoint = await database.checkpoints.withRole(PROJECT, id, 'last');
    return job?.terminal || (job?.status === 'running' && checkpoint) ? { job, checkpoint } : null;
  });
  const owner = await ownerOf(stage, last?.job?.workerId ?? null);
  if (!last?.checkpoint || last.job?.terminal || !owner?.signal('SIGKILL')) {
    log(`${id} was faster than the damage`);
    return ended([{ id, recipe: 'steady', expected: ['succeeded'] }]);
  }
  fault(`kill -9 of ${owner.name}`);
  const checkpoint = await database.checkpoints.withRole(PROJECT, id, 'last');
  const key = checkpoint!.sha256;
  const file = path.join(cluster.folder, 'storage', 'blobs', key.slice(0, 2), key);
  const bytes = await readFile(file);
  await writeFile(file, DAMAGE[how]!(bytes, random.whole(bytes.length))!);
  fault(`checkpoint of step ${checkpoint!.step} ${how}`);
  await ended([{ id, recipe: 'steady', expected: ['succeeded'] }]);
}

/** A checkpoint in storage is not what was written; whoever reads it sees that and takes another way. */
export const damaged: Scenario = {
  name: 'damage',
  title: 'checkpoints cut short, flipped by a bit or empty: found out, and the results are still exact',
  queues: ['postgres'],
  async run(stage) {
    await stage.undisturbed(['steady']);
    for (let round = 0; round < (stage.long ? 5 : 1); round += 1)
      await Promise.all(Object.keys(DAMAGE).map((how) => damage(stage, how)));
  },
};
