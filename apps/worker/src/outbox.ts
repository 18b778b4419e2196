/**
 * Writes that happen one after the other, in the order in which they were given, while the caller goes on. The first
 * write that fails for good ends it: later ones are dropped and everybody who waits gets that error.
 */
export interface Outbox {
  /** Queues a write; `done` is called after it succeeded. */
  push(write: () => Promise<unknown>, done?: () => void): void;
  /** Resolves when all that was pushed so far is written; rejects with the error that ended the outbox. */
  flush(): Promise<void>;
}

export interface OutboxOptions {
  /** Wraps each write, e.g. with retries. */
  attempt: (write: () => Promise<unknown>) => Promise<unknown>;
  /** Called once, with the error that ended the outbox. */
  onFailure: (error: unknown) => void;
}

export function createOutbox({ attempt, onFailure }: OutboxOptions): Outbox {
  let failure: { error: unknown } | undefined;
  let tail = Promise.resolve();
  return {
    push(write, done) {
      tail = tail.then(async () => {
        if (failure) return;
        try {
          await attempt(write);
        } catch (error) {
          failure = { error };
          onFailure(error);
          return;
        }
        done?.();
      });
    },
    async flush() {
      await tail;
      if (failure) throw failure.error;
    },
  };
}
