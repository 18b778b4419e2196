import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../cluster/patience.js';
import { killingAlone } from '../kill-lock.js';
import type { Scenario, Stage } from '../scenario.js';
import { childOf, ownerOf } from '../traffic.js';

const PROJECT = 'default';
const GROUP = `/sys/fs/cgroup/memory/ravine-chaos-${process.pid}`;
/** What the process has is charged elsewhere; it gets this much more. */
const LIMIT = 2 * 2 ** 20;
/** After so long a worker does not take another kill for one of these. */
const FORGOTTEN_MS = 11_000;

/** A control group of our own (version 1), which may be written to by root outside of most containers. */
async function groupMissing(): Promise<string | null> {
  try {
    await mkdir(GROUP);
    await rmdir(GROUP);
    return null;
  } catch (error) {
    return `no control group for memory can be made here (${(error as Error).message})`;
  }
}

/** Has one of two jobs end for want of memory. */
async function exhaust(stage: Stage): Promise<void> {
  const { cluster, submit, ended, fault, violation } = stage;
  const { database } = cluster;
  const victim = await submit('steady', { expected: ['failed'] });
  const training = await eventually(async () => {
    const job = await database.jobs.get(PROJECT, victim.id);
    return job?.terminal || job?.phase === 'training' ? job : null;
  });
  const owner = await ownerOf(stage, training?.workerId ?? null);
  const child = owner && (await childOf(owner));
  if (!child) throw new Error('the training process was not found');
  await mkdir(GROUP);
  try {
    await writeFile(`${GROUP}/memory.limit_in_bytes`, String(LIMIT));
    await writeFile(`${GROUP}/cgroup.procs`, String(child));
    const other = await submit('steady');
    await ended([victim]);
    fault(`the OOM killer ended process ${child}`);
    const failure = (await database.jobs.get(PROJECT, victim.id))?.failure;
    if (failure?.class !== 'out_of_memory')
      violation({
        check: 'failure',
        job: victim.id,
        expected: 'out_of_memory',
        found: JSON.stringify(failure),
      });
    await ended([other]);
    await sleep(FORGOTTEN_MS);
  } finally {
    await eventually(() => rmdir(GROUP).then(() => true), 20_000);
  }
}

/** The kernel ends a training process because its memory runs out. */
export const outOfMemory: Scenario = {
  name: 'out-of-memory',
  title: 'a training process is ended by the OOM killer: the failure says so, and other jobs go on',
  queues: ['postgres'],
  missing: groupMissing,
  async run(stage) {
    await stage.undisturbed(['steady']);
    await killingAlone(() => exhaust(stage));
  },
};
