interface Hint {
  /** Resolves at the next hint (or one that came since the last call), after `ms`, or when the signal aborts. */
  next(ms: number, signal: AbortSignal): Promise<void>;
  stop(): void;
}

export interface Wakeups {
  /** Begins to listen for hints about one row. Call before reading the row, so that nothing falls between. */
  watch(id: string): Hint;
  notify(id: string): void;
}

/** Wakes whoever waits for a row. A hint may be lost or too many: waiters read the row again, and poll slowly anyway. */
export function createWakeups(): Wakeups {
  const watchers = new Map<string, Set<() => void>>();
  return {
    notify(id) {
      for (const wake of watchers.get(id) ?? []) wake();
    },
    watch(id) {
      let pending = false;
      let resolve: (() => void) | null = null;
      const wake = () => {
        pending = true;
        resolve?.();
      };
      const group = watchers.get(id) ?? new Set();
      watchers.set(id, group.add(wake));
      return {
        async next(ms, signal) {
          if (!pending && !signal.aborted) {
            await new Promise<void>((done) => {
              const finish = () => {
                clearTimeout(timer);
                signal.removeEventListener('abort', finish);
                resolve = null;
                done();
              };
              const timer = setTimeout(finish, ms);
              signal.addEventListener('abort', finish);
              resolve = finish;
            });
          }
          pending = false;
        },
        stop() {
          group.delete(wake);
          if (group.size === 0 && watchers.get(id) === group) watchers.delete(id);
        },
      };
    },
  };
}
