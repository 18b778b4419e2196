import { loadTorchEngine } from '@ravine/engine-torch';
import type { Queues } from '@ravine/queue';
import { describe, expect, it } from 'vitest';
import { trainingWorker } from '../support/training-worker.js';
import { PROJECT } from '../support/worker-stack.js';

const { reason } = loadTorchEngine();
if (reason !== null) console.log(`skipped: claims whose answer is lost; ${reason}`);

const connectionLost = () => Object.assign(new Error('Connection terminated'), { retryable: true });

/** Does the work; whoever asks for an id for the first time does not learn it. */
function losing<Rest extends unknown[], T>(work: (id: string, ...rest: Rest) => Promise<T>) {
  const asked = new Set<string>();
  return async (id: string, ...rest: Rest): Promise<T> => {
    const answer = await work(id, ...rest);
    if (asked.has(id)) return answer;
    asked.add(id);
    throw connectionLost();
  };
}

describe.skipIf(reason !== null)('a claim whose answer is lost', () => {
  const failed: unknown[] = [];
  const own = trainingWorker(({ database, queues }) => {
    const { jobs, datasets, predictions } = database;
    const consume: Queues['consume'] = (name, handler, options) =>
      queues.consume(
        name,
        (delivery) =>
          handler(delivery).catch((error: unknown) => {
            failed.push(error);
            throw error;
          }),
        options,
      );
    return {
      queues: { ...queues, consume },
      database: {
        ...database,
        jobs: { ...jobs, claim: losing(jobs.claim) },
        datasets: { ...datasets, claimIngest: losing(datasets.claimIngest) },
        predictions: { ...predictions, claim: losing(predictions.claim) },
      },
    };
  });

  // A delivery that failed could go to another worker, which finds the claim of one that lives and drops it.
  it('is made again by the same worker, with the same delivery', async () => {
    const { stack, dataset, submit, ended } = own; // the dataset is ready
    const id = await submit({ preset: 'shapes', epochs: 1, batchSize: 32 });
    expect(await ended(id)).toMatchObject({ attempt: 2 });
    const { attempts } = (await stack.database.jobs.lineage(PROJECT, id)) ?? { attempts: [] };
    expect(attempts).toMatchObject([
      { outcome: 'lost', reason: 'its worker lost its connection as it took the job' },
      { outcome: 'succeeded' },
    ]);
    const model = await stack.modelOf(id);
    const prediction = await stack.database.predictions.create(PROJECT, {
      members: [{ modelId: model.id, weight: 1 }],
      combination: 'logits',
      testTimeAugmentation: 'none',
      images: [],
      target: { datasetId: dataset, split: 'test' },
      topK: 1,
    });
    await stack.queues.enqueue('predict', prediction);
    await expect
      .poll(() => stack.database.predictions.get(PROJECT, prediction))
      .toMatchObject({ status: 'done', error: null });
    expect(failed).toEqual([]);
  });
});
