import type { Cluster } from '../cluster/cluster.js';
import { eventually } from '../cluster/patience.js';
import type { Slot } from '../cluster/slot.js';
import type { Scenario, Stage } from '../scenario.js';
import { asked } from '../traffic.js';

/** Jobs that the worker process of a slot has now, by attempt. */
async function heldBy({ database }: Cluster, { pid }: Slot): Promise<{ id: string; attempt: number }[]> {
  const { rows } = await database.pool.query<{ id: string; attempt: number }>(
    `select jobs.id, attempt from jobs join workers on workers.id = worker_id
     where process_id = $1 and status = 'running' and phase = 'training'`,
    [pid],
  );
  return rows;
}

/** Stops one process in the orderly way; what it held is free when it is gone. */
async function restart({ cluster, fault, violation }: Stage, slot: Slot, trains: boolean): Promise<void> {
  const { database } = cluster;
  await slot.ready();
  if (trains) await eventually(async () => ((await heldBy(cluster, slot)).length > 0 ? true : null), 30_000);
  const held = trains ? await heldBy(cluster, slot) : [];
  await asked(slot);
  fault(`SIGTERM of ${slot.name}, which had ${held.length} jobs`);
  for (const { id, attempt } of held) {
    const { rows } = await database.pool.query<{ outcome: string | null }>(
      'select outcome from job_attempts where job_id = $1 and attempt = $2',
      [id, attempt],
    );
    const outcome = String(rows[0]?.outcome);
    if (!['handed_back', 'succeeded'].includes(outcome))
      violation({ check: 'hand-back', job: id, expected: `attempt ${attempt} handed back`, found: outcome });
  }
  await slot.ready();
}

/** Every process is restarted in turn, as at an upgrade, while jobs train. */
export const rolling: Scenario = {
  name: 'rolling',
  title: 'SIGTERM of every process in turn: jobs are handed back at once and none fails',
  queues: ['postgres', 'redis'],
  async run(stage) {
    const { cluster, long, undisturbed, submitMany, ended } = stage;
    await undisturbed(['steady']);
    const jobs = await submitMany('steady', long ? 6 : 3);
    for (let round = 0; round < (long ? 4 : 1); round += 1) {
      for (const worker of cluster.workers) await restart(stage, worker, true);
      await restart(stage, cluster.api, false);
    }
    await ended(jobs);
  },
};
