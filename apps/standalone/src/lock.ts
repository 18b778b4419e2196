import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from './config.js';
import { processIdentity } from './process-identity.js';
import { readServiceFile } from './service-file.js';

const NAME = 'service.lock';
const RETRY_MS = 10;

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
      if (await linked(draft, file)) break;
      const holder = await contentOf(file);
      if (holder === null) continue; // released in between
      if (lives(holder)) throw await inUse(folder, pidOf(holder));
      if (await takenOver(draft, file, holder)) break;
      await sleep(RETRY_MS);
    }
  } finally {
    await rm(draft, { force: true });
  }
  return () => release(file, mine);
}

/**
 * Replaces the lock of a dead holder. Of all that find it, one succeeds in making the file that is named after the
 * holder; when that one died too, the file after it counts, and so on. Only who made the last of them may replace the
 * lock, and only while it still names the holder: these files go once the lock names somebody else.
 */
async function takenOver(draft: string, file: string, holder: string): Promise<boolean> {
  const claims: string[] = [];
  for (let dead = holder; ; ) {
    const claim = `${file}.after-${createHash('sha256').update(dead).digest('hex').slice(0, 16)}`;
    claims.push(claim);
    if (await linked(draft, claim)) break;
    const rival = await contentOf(claim);
    if (rival === null || lives(rival)) return false;
    dead = rival;
  }
  const owns = (await contentOf(file)) === holder;
  if (owns) await rename(draft, file);
  for (const claim of owns ? claims : claims.slice(-1)) await rm(claim, { force: true });
  return owns;
}

async function linked(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

const contentOf = async (file: string): Promise<string | null> =>
  readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
const pidOf = (holder: string) => Number(holder.split(' ')[0]);
const lives = (holder: string) => processIdentity(pidOf(holder)) === holder;

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
