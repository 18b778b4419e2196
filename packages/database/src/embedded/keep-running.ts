import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 1000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

export interface KeepRunningOptions {
  /** Whether the server's process lives. */
  alive: () => Promise<boolean>;
  /** Brings it back at the same place; rejects with the reason. */
  restart: (signal: AbortSignal) => Promise<void>;
  onLog: (line: string) => void;
}

/** Looks after the server and starts it again, with growing pauses, when it is gone. Returns how to end that. */
export function keepRunning({ alive, restart, onLog }: KeepRunningOptions): () => Promise<void> {
  const stopped = new AbortController();
  const { signal } = stopped;
  const pause = (ms: number) => sleep(ms, undefined, { signal, ref: false }).catch(() => {});

  const bringBack = async (): Promise<void> => {
    onLog('PostgreSQL died; it starts again');
    let told = '';
    for (let ms = FIRST_PAUSE_MS; !signal.aborted; ms = Math.min(2 * ms, LONGEST_PAUSE_MS)) {
      try {
        await restart(signal);
        return onLog('PostgreSQL runs again');
      } catch (error) {
        const { message } = error as Error;
        // The tail of the server's log differs from one try to the next by its times; its first line tells them apart.
        const [what = message] = message.split('\n');
        if (what !== told && !signal.aborted) onLog(`${message}\nIt is tried again until it starts.`);
        told = what;
        await pause(ms);
      }
    }
  };
  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      await pause(LOOK_MS);
      if (!signal.aborted && !(await alive())) await bringBack();
    }
  };
  const watching = watch();
  return async () => {
    stopped.abort();
    await watching;
  };
}
