import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from './config.js';
import { processIdentity } from './process-identity.js';
import { readServiceFile } from './service-file.js';

const NAME = 'service.lock';

/**
 * Takes the data folder for this process. The lock of a process that is gone is taken over. Rejects with ConfigError,
 * naming process and URL, while another service uses the folder. Resolves with the release.
 */
export async function lockDataFolder(folder: string): Promise<() => Promise<void>> {
  const file = path.join(folder, NAME);
  const mine = processIdentity(process.pid) as string;
  const draft = `${file}.${randomUUID()}`;
  // Written aside and linked, so that a lock is never seen half written.
  await writeFile(draft, mine, { mode: 0o600 });
  try {
    for (;;) {
      try {
        await link(draft, file);
        return () => release(file, mine);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = (await readFile(file, 'utf8').catch(() => '')).trim();
      const pid = Number(holder.split(' ')[0]);
      if (holder !== '' && processIdentity(pid) === holder) throw await inUse(folder, pid);
      await removeStale(file, holder);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Moves the file aside before it is removed: of two that find the same stale lock, one only moves a file that is gone. */
async function removeStale(file: string, holder: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return; // another start was faster
  }
  const moved = (await readFile(aside, 'utf8').catch(() => '')).trim();
  // The other start has already replaced it by its own: put that back.
  if (moved !== holder) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

async function release(file: string, mine: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => '')) === mine) await rm(file, { force: true });
}

async function inUse(folder: string, pid: number): Promise<ConfigError> {
  const service = await readServiceFile(folder);
  const where = service?.pid === pid ? ` at ${service.url}` : ' (it is still starting)';
  return new ConfigError(
    `A service already uses the data folder ${folder}: process ${pid}${where}. Use that one, stop it (kill ${pid}), or set RAVINE_DATA to another folder.`,
  );
}
