import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario.js';

/** Where Debian's package faketime puts its library. */
const LIBRARY = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find(existsSync);

const JUMPS = ['+2h', '-1h', '+1d', '-10m', '+0'];

/** The clock of one worker is set forward and back, as after a suspend or by a bad time server; the others' is right. */
export const clock: Scenario = {
  name: 'clock',
  title: 'the clock of a worker jumps by minutes, hours and a day: nobody loses a job or runs it twice',
  queues: ['postgres', 'redis'],
  missing: async () => (LIBRARY ? null : 'the Debian package faketime is not installed'),
  async run({ cluster, random, long, undisturbed, submitMany, ended, fault }) {
    await undisturbed(['steady']);
    const file = path.join(cluster.folder, 'clock');
    await writeFile(file, '+0\n');
    const worker = cluster.addWorker({
      LD_PRELOAD: LIBRARY!,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    });
    await worker.ready();
    const jobs = await submitMany('steady', long ? 12 : 5);
    for (const jump of long ? [...JUMPS, ...random.shuffled(JUMPS)] : random.shuffled(JUMPS).slice(0, 3)) {
      await writeFile(file, `${jump}\n`);
      fault(`the clock of ${worker.name} shows ${jump}`);
      await sleep(4_000);
    }
    await ended(jobs);
    await worker.close();
    cluster.workers.splice(cluster.workers.indexOf(worker), 1);
  },
};
