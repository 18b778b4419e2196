import { loadTorchEngine } from '@ravine/engine-torch';
import type { RecipeInput } from '@ravine/training';
import { describe, expect, it } from 'vitest';
import { trainingWorker } from '../support/training-worker.js';
import { childOf } from '../support/worker-stack.js';

const { reason } = loadTorchEngine();
if (reason !== null) console.log(`skipped: training processes that end before their time; ${reason}`);

const short = { preset: 'shapes', epochs: 2, batchSize: 32 } satisfies Omit<RecipeInput, 'dataset'>;
const endless = { ...short, epochs: 100_000 };

describe.skipIf(reason !== null)('a training process that ends before its time', () => {
  const { submit, running, ended } = trainingWorker();

  it('goes on with a job whose process somebody killed', async () => {
    const id = await submit({ ...short, epochs: 100 });
    await running(id);
    process.kill(await childOf(process.pid, 'train'), 'SIGKILL');
    const job = await ended(id, 'succeeded');
    expect(job.attempt).toBe(2);
    expect(job.transitions.map(({ reason }) => reason)).toContainEqual(
      expect.stringContaining('the training process was ended from outside by SIGKILL'),
    );
  });

  it('fails a job whose process crashes, tells how, and lives on', async () => {
    const id = await submit(endless);
    await running(id);
    process.kill(await childOf(process.pid, 'train'), 'SIGSEGV');
    const job = await ended(id, 'failed');
    expect(job.failure).toMatchObject({
      class: 'internal',
      code: 'engine_crashed',
      evidence: { signal: 'SIGSEGV' },
    });
    expect(job.failure?.step).toBeGreaterThan(0);
    await ended(await submit({ ...short, epochs: 1 }), 'succeeded');
  });
});
