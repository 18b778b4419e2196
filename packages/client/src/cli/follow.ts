import type { Job, JobEvent } from '@ravine/contracts';
import type { Client } from '../client.js';
import { sleep } from '../retry.js';

const POLL_MS = 500;

export interface FollowOptions {
  signal: AbortSignal;
  onEvent?: (event: JobEvent) => void;
  /** The job as it is, about twice a second. */
  onProgress?: (job: Job) => void;
}

/** Follows a job until it has ended and resolves with it. Rejects with the signal's reason when aborted. */
export async function follow(client: Client, jobId: string, options: FollowOptions): Promise<Job> {
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const polling = options.onProgress ? poll(client, jobId, options.onProgress, signal) : Promise.resolve();
  try {
    for await (const event of client.jobs.watch(jobId, { signal: options.signal })) options.onEvent?.(event);
  } finally {
    ended.abort();
    await polling;
  }
  return client.jobs.get(jobId, { signal: options.signal });
}

/** The watch is what fails loudly; a missed poll only misses a redraw. */
async function poll(client: Client, jobId: string, show: (job: Job) => void, signal: AbortSignal) {
  while (!signal.aborted) {
    const job = await client.jobs.get(jobId, { signal }).catch(() => null);
    if (job !== null && !signal.aborted) show(job);
    await sleep(POLL_MS, signal).catch(() => undefined);
  }
}
