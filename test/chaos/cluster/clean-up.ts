import { readdir, utimes } from 'node:fs/promises';
import path from 'node:path';
import { deleteOrphanBlobs } from '../../../apps/worker/src/orphan-blobs.js';
import { openWorkspace } from '../../../apps/worker/src/workspace.js';
import type { Cluster } from './cluster.js';

/** Later than the grace that young blobs have. */
const AFTER_GRACE_MS = 25 * 60 * 60 * 1000;

const workFolder = ({ folder }: Cluster): string => path.join(folder, 'worker', 'work');

/** What the service does by itself once things are a day, or ten minutes, old. */
export async function cleanUp(cluster: Cluster): Promise<void> {
  await deleteOrphanBlobs(cluster.storage, cluster.database, Date.now() + AFTER_GRACE_MS);
  const alive = new Set(cluster.workers.map(({ pid }) => pid));
  const { rows } = await cluster.database.pool.query<{ id: string; process_id: number }>(
    'select id, process_id from workers',
  );
  const living = new Set(rows.filter(({ process_id: pid }) => alive.has(pid)).map(({ id }) => id));
  const parent = workFolder(cluster);
  for (const name of await readdir(parent))
    if (!living.has(name)) await utimes(path.join(parent, name), new Date(0), new Date(0));
  await (await openWorkspace(parent, 'wkr_cleanup')).close(); // what every worker does at its start
}

/** Folders of jobs that are left, of whatever worker. */
export async function jobFolders(cluster: Cluster): Promise<string[]> {
  const parent = workFolder(cluster);
  const workers = await readdir(parent).catch(() => []);
  const found = await Promise.all(
    workers.map(async (worker) =>
      (await readdir(path.join(parent, worker))).map((name) => `${worker}/${name}`),
    ),
  );
  return found.flat();
}
