import type { Checkpoint, Job } from '@ravine/contracts';
import type { NewJob } from '@ravine/database';
import { deliveryKey } from '@ravine/queue';
import type { RecipeInput } from '@ravine/training';
import { createWorker, type Worker, type WorkerParts } from '@ravine/worker';
import { afterAll, beforeAll } from 'vitest';
import { openWorkerStack, PROJECT, silent, smallShapes, type WorkerStack } from './worker-stack.js';

/** A worker in the process of the tests, with a small dataset that is ready. */
export interface TrainingWorker {
  readonly stack: WorkerStack;
  readonly worker: Worker;
  readonly dataset: string;
  /** Starts the worker again after its `stop`. */
  restart(): Promise<void>;
  /** A job on the dataset, or on another one. */
  submit(recipe: Omit<RecipeInput, 'dataset'>, more?: Partial<NewJob>, dataset?: string): Promise<string>;
  /** Resolves after the first step. */
  running(id: string): Promise<Job>;
  ended(id: string, status?: Job['status']): Promise<Job>;
  pause(id: string): Promise<Job>;
  /** To the queue; it may still wait when this resolves. */
  resume(id: string): Promise<void>;
  cancelNow(id: string): Promise<Job>;
  last(id: string): Promise<Checkpoint>;
}

/**
 * For the top of a `describe`: opens all of it before its first test and closes it after its last. `change` gives the
 * worker other parts than those of the stack.
 */
export function trainingWorker(
  change: (stack: WorkerStack) => Partial<WorkerParts> = () => ({}),
): TrainingWorker {
  let stack: WorkerStack;
  let worker: Worker;
  let dataset: string;
  const start = async (): Promise<void> => {
    worker = await createWorker({ ...stack, log: silent, ...change(stack) });
  };
  beforeAll(async () => {
    stack = await openWorkerStack();
    await start();
    dataset = await stack.upload(smallShapes());
    await stack.datasetWhen(dataset, ({ status }) => status === 'ready');
  });
  afterAll(async () => {
    await worker?.stop();
    await stack?.close();
  });
  const own: TrainingWorker = {
    get stack() {
      return stack;
    },
    get worker() {
      return worker;
    },
    get dataset() {
      return dataset;
    },
    restart: start,
    submit: (recipe, more, of = dataset) => stack.submit(of, recipe, more),
    running: (id) =>
      stack.jobWhen(id, ({ status, progress }) => status === 'running' && (progress?.step ?? 0) > 0),
    ended: (id, wanted = 'succeeded') => stack.jobWhen(id, ({ status }) => status === wanted),
    async pause(id) {
      await stack.database.jobs.request(PROJECT, id, { verb: 'pause' });
      return own.ended(id, 'paused');
    },
    async resume(id) {
      await stack.database.jobs.request(PROJECT, id, { verb: 'resume' });
      const { attempt } = await stack.job(id);
      await stack.queues.enqueue('train.cpu', id, { dedupeKey: deliveryKey(id, attempt) });
    },
    async cancelNow(id) {
      await stack.database.jobs.request(PROJECT, id, { verb: 'cancel', mode: 'now' });
      return own.ended(id, 'cancelled');
    },
    async last(id) {
      const found = await stack.database.checkpoints.withRole(PROJECT, id, 'last');
      if (!found) throw new Error(`the job ${id} has no checkpoint`);
      return found;
    },
  };
  return own;
}
