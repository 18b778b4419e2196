import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.js';

const SIGNING_MS = 2000;

/** `<process id> <start time>`; the second part tells a process from a later one with the same number. */
async function identity(pid: number): Promise<string | null> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (status !== null) {
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : `${pid} ${fields[19]}`;
  }
  if (process.platform === 'linux') return null;
  try {
    process.kill(pid, 0);
    return `${pid} 0`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? `${pid} 0` : null;
  }
}

/** Whether there is a process of that number that has not ended. */
export const runs = async (pid: number): Promise<boolean> => (await identity(pid)) !== null;

const fileOf = ({ home }: Cluster) => path.join(home, 'owner');

/** This process is the one that stops the server with that process id. */
export async function own(cluster: Cluster, server: number): Promise<void> {
  await writeFile(fileOf(cluster), `${server} ${await identity(process.pid)}\n`);
}

/**
 * Whether a live process (this one, by an earlier start, or another) will stop that server. A start that has
 * just succeeded elsewhere is given a moment to sign.
 */
export async function ownerLives(cluster: Cluster, server: number): Promise<boolean> {
  for (const end = Date.now() + SIGNING_MS; Date.now() < end; await sleep(50)) {
    const text = (await readFile(fileOf(cluster), 'utf8').catch(() => '')).trim();
    const [signedFor, ...owner] = text.split(' ');
    if (Number(signedFor) === server) return owner.join(' ') === (await identity(Number(owner[0])));
  }
  return false;
}
