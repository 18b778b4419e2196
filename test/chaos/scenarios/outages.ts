import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario.js';

/** The database goes every few seconds, and with it or in turn the broker, while many short jobs run. */
export const outages: Scenario = {
  name: 'outages',
  title: 'PostgreSQL dies every 5 to 10 s and Redis restarts while short jobs run: all results exact',
  queues: ['postgres', 'redis'],
  async run({ cluster, random, long, undisturbed, submit, ended, fault, log }) {
    await undisturbed(['short']);
    const count = long ? 200 : 16;
    const over = new AbortController();
    const submitting = (async () => {
      const jobs = [];
      for (let i = 0; i < count; i += 1) jobs.push(await submit('short'));
      return jobs;
    })();
    const jobs = submitting.then(async (all) => {
      await ended(all);
      over.abort();
    });
    for (let outage = 0; !over.signal.aborted && (long || outage < 5); outage += 1) {
      const pause = long ? random.between(5_000, 10_000) : random.between(2_000, 5_000);
      await sleep(pause, undefined, { signal: over.signal }).catch(() => {});
      if (over.signal.aborted) break;
      if (cluster.redis && outage % 2 === 1) {
        await cluster.redis.stop();
        await sleep(random.between(0, 2_000));
        await cluster.redis.start();
        fault('Redis stopped and started');
      } else if (cluster.canCrashPostgres) {
        await cluster.crashPostgres();
        fault('PostgreSQL killed');
      } else log('PostgreSQL is that of DATABASE_URL, and is left alone');
    }
    await jobs;
  },
};
