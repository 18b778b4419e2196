import { loadTorchEngine } from '@ravine/engine-torch';
import { describe, expect, it } from 'vitest';
import { trainingWorker } from '../support/training-worker.js';
import { PROJECT } from '../support/worker-stack.js';

const { reason } = loadTorchEngine();
if (reason !== null) console.log(`skipped: pausing a job that trains; ${reason}`);

describe.skipIf(reason !== null)('pause', () => {
  const own = trainingWorker();
  const { submit, ended, last } = own;

  it('ends a job that was paused and resumed with the weights of one that was not', async () => {
    const recipe = { preset: 'shapes', epochs: 200, batchSize: 32 } as const;
    const whole = await submit(recipe);
    const id = await submit(recipe);
    await ended(whole, 'succeeded');
    for (let pauses = 0, reached = 0; pauses < 2; pauses += 1) {
      const before = reached;
      await own.stack.jobWhen(
        id,
        ({ status, progress }) => status === 'running' && (progress?.step ?? 0) > before,
      );
      expect((await own.pause(id)).workerId).toBeNull();
      reached = (await own.stack.database.jobs.lineage(PROJECT, id))?.attempts.at(-1)?.lastStep ?? 0;
      await own.resume(id);
    }
    const job = await ended(id, 'succeeded');
    expect(job.attempt).toBe(3);
    expect((await last(id)).sha256).toBe((await last(whole)).sha256);
    const { attempts } = (await own.stack.database.jobs.lineage(PROJECT, id)) ?? { attempts: [] };
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['paused', 'paused', 'succeeded']);
    expect(attempts.map(({ resumedFrom }) => resumedFrom?.step ?? null)).toEqual([
      null,
      ...attempts.slice(0, 2).map(({ lastStep }) => lastStep),
    ]);
  });
});
