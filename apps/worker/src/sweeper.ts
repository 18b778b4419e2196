import { setTimeout as sleep } from 'node:timers/promises';
import { createChores } from './chores.js';
import { deleteOrphanBlobs } from './orphan-blobs.js';
import type { WorkerContext } from './parts.js';

const INTERVAL_MS = 5_000;
const ORPHAN_SEARCH_MS = 6 * 60 * 60 * 1000;

export interface Sweeper {
  stop(): Promise<void>;
}

/**
 * Does the chores every 5 s until it is stopped, and beside them, since that may take minutes, a search of the storage.
 * Every worker does them; doing them twice changes nothing.
 */
export function startSweeper(context: WorkerContext): Sweeper {
  const { log, storage, database } = context;
  const chores = Object.entries(createChores(context));
  const stopped = new AbortController();
  const { signal } = stopped;

  const attempt = (chore: string, work: () => Promise<void>): Promise<void> =>
    work().catch((err: unknown) => log.warn({ chore, err }, 'a chore of the sweeper failed'));
  const every = async (ms: number, work: () => Promise<void>): Promise<void> => {
    while (!signal.aborted) {
      await work();
      await sleep(ms, undefined, { signal }).catch(() => {});
    }
  };
  const sweep = async (): Promise<void> => {
    for (const [chore, work] of chores) if (!signal.aborted) await attempt(chore, work);
  };
  const search = (): Promise<void> =>
    attempt('orphanBlobs', async () => {
      const deleted = await deleteOrphanBlobs(storage, database, Date.now(), signal);
      if (deleted > 0) log.info({ deleted }, 'blobs that no row names were deleted');
    });

  const sweeping = [every(INTERVAL_MS, sweep), every(ORPHAN_SEARCH_MS, search)];
  return {
    async stop() {
      stopped.abort();
      await Promise.all(sweeping);
    },
  };
}
