import { mkdir, mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder whose worker has not touched it for this long belongs to nobody. */
const ABANDONED_MS = 10 * 60 * 1000;

/** The folder of temporary files of one worker process. */
export interface Workspace {
  /** A new empty folder, e.g. for one job, until the work is done. */
  lend<T>(purpose: string, work: (folder: string) => Promise<T>): Promise<T>;
  /** Keeps other workers from removing the folder; call it at least every few minutes. */
  touch(): Promise<void>;
  close(): Promise<void>;
}

/** Makes `<parent>/<workerId>` and removes what crashed workers left in `parent`. */
export async function openWorkspace(parent: string, workerId: string): Promise<Workspace> {
  const folder = join(parent, workerId);
  const make = () => mkdir(folder, { recursive: true, mode: 0o700 });
  await make();
  await removeAbandoned(parent);
  return {
    async lend(purpose, work) {
      await make(); // others may have removed the folder of a process that was stopped for long
      const lent = await mkdtemp(join(folder, `${purpose}-`));
      try {
        return await work(lent);
      } finally {
        await rm(lent, { recursive: true, force: true, maxRetries: 5 }); // a copy that nobody waits for may still write
      }
    },
    async touch() {
      await make();
      await utimes(folder, new Date(), new Date());
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    const found = await stat(path).catch(() => null); // gone: another worker was faster
    if (found && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}
