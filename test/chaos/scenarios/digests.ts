import { setTimeout as sleep } from 'node:timers/promises';
import { matrix } from '../recipes.js';
import type { Scenario } from '../scenario.js';

/** Every optimizer under everything that has a state of its own, killed never, once and ten times. */
export const digests: Scenario = {
  name: 'digests',
  title:
    'final weights after kills equal those without, for six optimizers × dropout, BN, mixup, EMA, mid-epoch',
  queues: ['postgres', 'redis'],
  async run({ cluster, random, long, undisturbed, submit, ended, fault, log }) {
    const names = long ? matrix : random.shuffled(matrix).slice(0, 4);
    await undisturbed(names);
    const jobs = [];
    for (const name of names) jobs.push(await submit(name));
    for (let kill = 0; kill < (long ? 10 * Math.ceil(names.length / 4) : 5); kill += 1) {
      const worker = random.pick(cluster.workers);
      await worker.ready();
      await sleep(random.between(1_000, long ? 8_000 : 4_000));
      const { rows } = await cluster.database.pool.query(
        `select from jobs where id = any($1) and status in ('queued', 'running') limit 1`,
        [jobs.map(({ id }) => id)],
      );
      if (rows.length === 0) break;
      if (worker.signal('SIGKILL')) fault(`kill -9 of ${worker.name}`);
    }
    await ended(jobs);
    const { rows } = await cluster.database.pool.query<{ attempts: number; jobs: number }>(
      'select attempt as attempts, count(*)::int as jobs from jobs where id = any($1) group by attempt order by attempt',
      [jobs.map(({ id }) => id)],
    );
    log(rows.map((row) => `${row.jobs} jobs took ${row.attempts} attempts`).join(', '));
  },
};
