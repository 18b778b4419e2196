import { setTimeout as sleep } from 'node:timers/promises';
import { longMatrix, matrix } from '../recipes.js';
import type { Scenario, Stage } from '../scenario.js';
import { ownerOf } from '../traffic.js';

interface Running {
  id: string;
  worker_id: string;
}

/** The jobs that train now, of those that still have kills to suffer; empty when all of them have ended. */
async function victims({ cluster }: Stage, open: ReadonlyMap<string, number>) {
  const { rows } = await cluster.database.pool.query<Running & { ended: boolean; training: boolean }>(
    `select id, worker_id, ended_at is not null as ended,
       status = 'running' and phase = 'training' as training from jobs where id = any($1)`,
    [[...open.keys()]],
  );
  return { over: rows.every(({ ended }) => ended), training: rows.filter(({ training }) => training) };
}

/** Kills the workers of the jobs at random moments of their training until each job has lost as many as it is to lose. */
async function killOften(stage: Stage, kills: Map<string, number>): Promise<void> {
  const { random, fault, long } = stage;
  while (kills.size > 0) {
    const { over, training } = await victims(stage, kills);
    if (over) return;
    if (training.length === 0) {
      await sleep(100);
      continue;
    }
    const victim = random.pick(training);
    await sleep(random.between(50, long ? 2_000 : 1_000));
    const owner = await ownerOf(stage, victim.worker_id);
    const { training: hit } = await victims(stage, kills);
    const lost = hit.filter((job) => job.worker_id === victim.worker_id);
    if (lost.length === 0 || !owner?.signal('SIGKILL')) continue;
    fault(`kill -9 of ${owner.name} under ${lost.length} jobs`);
    for (const { id } of lost) {
      const left = kills.get(id)! - 1;
      if (left > 0) kills.set(id, left);
      else kills.delete(id);
    }
  }
}

/** Every optimizer under everything that has a state of its own, killed never, once and ten times. */
export const digests: Scenario = {
  name: 'digests',
  title:
    'final weights after 1 and 10 kills equal those without, for six optimizers × dropout, BN, mixup, EMA, mid-epoch',
  queues: ['postgres', 'redis'],
  async run(stage) {
    const { cluster, random, long, undisturbed, submit, ended, log } = stage;
    const names = long ? longMatrix : random.shuffled(matrix).slice(0, 4);
    await undisturbed(names);
    const kills = new Map<string, number>();
    const jobs = [];
    for (const name of names)
      for (const count of long ? [1, 10] : [1]) {
        const job = await submit(name);
        jobs.push(job);
        kills.set(job.id, count);
      }
    await killOften(stage, kills);
    await ended(jobs);
    const { rows } = await cluster.database.pool.query<{ attempts: number; jobs: number }>(
      'select attempt as attempts, count(*)::int as jobs from jobs where id = any($1) group by attempt order by attempt',
      [jobs.map(({ id }) => id)],
    );
    log(rows.map((row) => `${row.jobs} jobs took ${row.attempts} attempts`).join(', '));
  },
};
