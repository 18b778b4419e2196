import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Pixels, PreviewOptions } from '@ravine/contracts';

export interface PreviewTask {
  images: Pixels[];
  /** Places of the images in the train split. */
  samples: Int32Array;
  options: PreviewOptions;
}

const ENTRY = new URL('./thread.js', import.meta.url);

/** Computes previews beside the event loop, one after the other: each takes a core. */
export function createPreviews(): (task: PreviewTask, signal: AbortSignal) => Promise<Pixels> {
  let tail: Promise<unknown> = Promise.resolve();
  return (task, signal) => {
    const answer = tail.then(() => compute(task, signal));
    tail = answer.catch(() => {}); // the next one does not depend on it
    return answer;
  };
}

async function compute(task: PreviewTask, signal: AbortSignal): Promise<Pixels> {
  signal.throwIfAborted();
  const thread = new Worker(ENTRY, { workerData: task });
  try {
    const [grid] = await once(thread, 'message', { signal });
    return grid as Pixels;
  } finally {
    await thread.terminate();
  }
}
