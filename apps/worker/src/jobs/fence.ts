import { StaleAttempt } from '@ravine/database';

/** Passes on what a write that carries its attempt answered; throws StaleAttempt when the database refused it. */
export type Fence = <T>(write: Promise<T>) => Promise<Exclude<T, false>>;

export function createFence(jobId: string, attempt: number): Fence {
  return async <T>(write: Promise<T>) => {
    const result = await write;
    if (result === false) throw new StaleAttempt(jobId, attempt);
    return result as Exclude<T, false>;
  };
}
