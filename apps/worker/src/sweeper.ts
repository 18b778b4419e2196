import { setTimeout as sleep } from 'node:timers/promises';
import { createChores } from './chores.js';
import type { WorkerContext } from './parts.js';

const INTERVAL_MS = 5_000;

export interface Sweeper {
  stop(): Promise<void>;
}

/** Does the chores every 5 s until it is stopped. Every worker does them; doing them twice changes nothing. */
export function startSweeper(context: WorkerContext): Sweeper {
  const { log } = context;
  const chores = Object.entries(createChores(context));
  const stopped = new AbortController();
  const sweepOn = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      for (const [chore, work] of chores) {
        if (stopped.signal.aborted) return;
        await work().catch((err: unknown) => log.warn({ chore, err }, 'a chore of the sweeper failed'));
      }
      await sleep(INTERVAL_MS, undefined, { signal: stopped.signal }).catch(() => {});
    }
  };
  const sweeping = sweepOn();
  return {
    async stop() {
      stopped.abort();
      await sweeping;
    },
  };
}
