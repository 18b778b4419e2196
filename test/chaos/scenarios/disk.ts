import type { FaultAction } from '../cluster/faults.js';
import type { Scenario } from '../scenario.js';
import { within } from '../traffic.js';

/** Where a disk fails, as the operating system tells it, and how often in a row. */
const FAULTS: readonly { point: string; action: FaultAction }[] = [
  { point: 'child:checkpoint-file:before', action: 'ENOSPC' },
  { point: 'worker:blob:opened', action: 'ENOSPC' },
  { point: 'worker:blob:flushed', action: 'EIO' },
  { point: 'worker:blob:renamed', action: 'EIO' },
  { point: 'worker:blob:settled', action: 'ENOSPC' },
  { point: 'child:checkpoint-file:after', action: 'EIO' },
  { point: 'child:artifact-file:before', action: 'ENOSPC' },
];
/** Passed by whichever job goes on after one of those. */
const RESUME = 'worker:resume-copy:opened';

/** That a `short` job writes at least. The first job of a round is alone: a point that it does not pass, nobody passes. */
const CHECKPOINTS = 3;

/** The disk is full, or broken for a moment, wherever a checkpoint or an artifact is on its way. */
export const disk: Scenario = {
  name: 'disk',
  title: 'ENOSPC and EIO on every step of a checkpoint: the job goes on from the one before',
  queues: ['postgres', 'redis'],
  async run({ cluster, long, undisturbed, submit, ended, fault, violation }) {
    await undisturbed(['short']);
    for (let round = 0; round < (long ? 5 : 1); round += 1) {
      const jobs = [];
      await cluster.faults.arm(RESUME, 'EIO');
      for (const { point, action } of FAULTS) {
        const strikes = async () =>
          (await cluster.faults.fired()).filter((one) => one.point === point).length;
        const before = await strikes();
        await cluster.faults.arm(point, action, round % CHECKPOINTS);
        jobs.push(await submit('short'));
        await within(20_000, async () => (await strikes()) > before);
        if (!(await cluster.faults.disarm(point))) fault(`${action} at ${point}`);
        else violation({ check: 'points', expected: `${point} is passed`, found: 'never' });
      }
      await ended(jobs);
      if (!(await cluster.faults.disarm(RESUME))) fault(`EIO at ${RESUME}`);
    }
  },
};
