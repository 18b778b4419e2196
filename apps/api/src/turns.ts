export interface Turns {
  /**
   * Does the work when all that was asked for before it has ended; null, at once, where too many wait. Whoever leaves
   * makes room, and rejects when its turn comes.
   */
  take<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | null>;
}

/** Work that is done one after the other, with at most so many in wait. */
export function createTurns(maxWaiting: number): Turns {
  const open = new Set<object>();
  let last: Promise<unknown> = Promise.resolve();
  return {
    async take(work, signal) {
      if (open.size > maxWaiting) return null;
      const leave = () => open.delete(work);
      open.add(work);
      signal.addEventListener('abort', leave, { once: true });
      const mine = last.then(() => {
        signal.throwIfAborted();
        return work();
      });
      last = mine.catch(() => {}); // a failure is for its own caller only
      return mine.finally(() => {
        leave();
        signal.removeEventListener('abort', leave);
      });
    },
  };
}
