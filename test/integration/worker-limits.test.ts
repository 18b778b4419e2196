import { loadTorchEngine } from '@ravine/engine-torch';
import { describe, expect, it } from 'vitest';
import { trainingWorker } from '../support/training-worker.js';
import { PROJECT } from '../support/worker-stack.js';

const { reason } = loadTorchEngine();
if (reason !== null) console.log(`skipped: limits of jobs that train; ${reason}`);

const endless = { preset: 'shapes', epochs: 100_000, batchSize: 32 } as const;

describe.skipIf(reason !== null)('a limit of a job', () => {
  const own = trainingWorker();
  const { submit, running, ended } = own;

  it('of time ends it, with the evaluation of what was learnt', async () => {
    const id = await submit(endless, { maxMinutes: 2 / 60 });
    const job = await ended(id);
    expect(job.stopReason).toBe('time_limit');
    const evaluation = await own.stack.database.evaluations.get(PROJECT, id);
    expect(evaluation).toMatchObject({ accuracy: job.testAccuracy });
  });

  it('of steps ends it', async () => {
    const job = await ended(await submit({ ...endless, epochs: 40 }, { maxSteps: 8 }));
    expect(job).toMatchObject({
      stopReason: 'step_limit',
      maxSteps: 8,
      progress: { step: 8, totalSteps: 8 },
    });
  });

  it.each([
    [{ maxSteps: 1 }, 'step_limit'],
    [{ maxMinutes: 1e-3 }, 'time_limit'],
  ] as const)('%j that is set while it trains ends the run in progress', async (limits, stopReason) => {
    const { jobs, events } = own.stack.database;
    const id = await submit(endless, { maxMinutes: 60 });
    await running(id);
    await jobs.update(PROJECT, id, limits);
    expect(await ended(id)).toMatchObject({ attempt: 1, stopReason, ...limits });
    const told = (await events.read(id, 0, 1000)).find(({ type }) => type === 'updated');
    expect(told).toMatchObject({ level: 'info', data: limits });
  });

  it('that is lifted while it trains does not end it any more', async () => {
    const recipe = { ...endless, epochs: 200 };
    const id = await submit(recipe, { maxSteps: 600 });
    await running(id);
    await own.stack.database.jobs.update(PROJECT, id, { maxSteps: null });
    expect(await ended(id)).toMatchObject({ attempt: 1, stopReason: 'completed', progress: { step: 1200 } });
  });
});
