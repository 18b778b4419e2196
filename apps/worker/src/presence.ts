import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, NewWorker } from '@ravine/database';
import type { WorkerLog } from './parts.js';
import type { Workspace } from './workspace.js';

const HEARTBEAT_MS = 5_000;

/** The row that tells others that this worker lives; without heartbeats its jobs go to other workers. */
export interface Presence {
  /** Says that no new jobs are taken. */
  drain(): Promise<void>;
  /** Ends the heartbeats and removes the row. */
  leave(): Promise<void>;
}

export async function announce(
  worker: NewWorker,
  workers: Pick<Database['workers'], 'register' | 'heartbeat' | 'drain' | 'remove'>,
  workspace: Pick<Workspace, 'touch'>,
  log: WorkerLog,
): Promise<Presence> {
  await workers.register(worker);
  const left = new AbortController();
  let draining = false;

  const beat = async (): Promise<void> => {
    // A disk that does not work takes nobody's jobs away.
    await workspace.touch().catch((err: unknown) => log.warn({ err }, 'the work folder is not usable'));
    if (await workers.heartbeat(worker.id)) return;
    await workers.register(worker); // the row was removed: this process was away for long
    if (draining) await workers.drain(worker.id);
  };
  const beatOn = async (): Promise<void> => {
    while (!left.signal.aborted) {
      await sleep(HEARTBEAT_MS, undefined, { signal: left.signal }).catch(() => {});
      if (left.signal.aborted) return;
      await beat().catch((err: unknown) => log.warn({ err }, 'no heartbeat could be written'));
    }
  };
  const beating = beatOn();

  return {
    async drain() {
      draining = true;
      await workers.drain(worker.id);
    },
    async leave() {
      left.abort();
      await beating;
      await workers.remove(worker.id);
    },
  };
}
