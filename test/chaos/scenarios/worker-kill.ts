import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario.js';

/** Workers are killed at random moments while jobs of some length run; others go on with what they had. */
export const workerKill: Scenario = {
  name: 'worker-kill',
  title: 'kill -9 of workers at random moments: each job ends once, with the weights of an undisturbed run',
  queues: ['postgres', 'redis'],
  longOnly: true,
  async run({ cluster, random, long, undisturbed, submitMany, ended, fault }) {
    await undisturbed(['steady']);
    const jobs = await submitMany('steady', long ? 12 : 4);
    for (let kill = 0; kill < (long ? 20 : 4); kill += 1) {
      const worker = random.pick(cluster.workers);
      await worker.ready();
      await sleep(random.between(1_500, 6_000));
      if (worker.signal('SIGKILL')) fault(`kill -9 of ${worker.name}`);
    }
    await ended(jobs);
  },
};
