import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from '../cluster/patience.js';
import type { Scenario } from '../scenario.js';
import { ownerOf } from '../traffic.js';

const PROJECT = 'default';

/** A worker sleeps for longer than its lease, and wakes up while another one has its job. */
export const sleeper: Scenario = {
  name: 'sleeper',
  title: 'SIGSTOP of a worker for longer than the lease, then SIGCONT: its late writes are refused',
  queues: ['postgres', 'redis'],
  async run(stage) {
    const { cluster, undisturbed, submitMany, ended, fault, violation } = stage;
    const { database } = cluster;
    await undisturbed(['steady']);
    const jobs = await submitMany('steady', 2);
    const id = jobs[0]!.id;
    const started = await eventually(async () => {
      const job = await database.jobs.get(PROJECT, id);
      return job?.terminal || (job?.status === 'running' && (job.progress?.step ?? 0) > 0) ? job : null;
    });
    const owner = await ownerOf(stage, started?.workerId ?? null);
    if (!started || !owner?.signal('SIGSTOP')) return;
    fault(`SIGSTOP of ${owner.name} in attempt ${started.attempt}`);
    await eventually(async () => {
      const { rows } = await database.pool.query<{ attempt: number; status: string }>(
        'select attempt, status from jobs where id = $1',
        [id],
      );
      return (rows[0]?.attempt ?? 0) > started.attempt ? true : null;
    });
    owner.signal('SIGCONT');
    fault(`SIGCONT of ${owner.name}`);
    const log = path.join(cluster.folder, `${owner.name}.log`);
    const gaveUp = await eventually(async () => {
      const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => line.includes(id));
      return lines.some((line) => line.includes('"ending":"abandoned"')) ? true : null;
    });
    if (!gaveUp)
      violation({
        check: 'late-writes',
        job: id,
        expected: `${owner.name} gives the job up`,
        found: 'it goes on',
      });
    const { rows } = await database.pool.query<{ outcome: string }>(
      'select outcome from job_attempts where job_id = $1 and attempt = $2',
      [id, started.attempt],
    );
    if (rows[0]?.outcome !== 'lost')
      violation({
        check: 'late-writes',
        job: id,
        expected: 'the attempt is lost',
        found: `${rows[0]?.outcome}`,
      });
    await ended(jobs);
  },
};
