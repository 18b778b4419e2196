import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { runAs, spawnOptions } from './account.js';
import type { Cluster } from './cluster.js';

const LOG_BYTES = 10_000_000;

/**
 * What answers on the port of a cluster: its server, its server but not yet (or no longer) open, another
 * server, nobody.
 */
export type Answer = 'ready' | 'busy' | 'foreign' | 'silent';

export const urlOf = ({ password }: Cluster, port: number, database: string): string =>
  `postgresql://ravine:${password}@127.0.0.1:${port}/${database}`;

export async function ask(cluster: Cluster, port: number): Promise<Answer> {
  const client = new pg.Client({
    connectionString: urlOf(cluster, port, 'postgres'),
    connectionTimeoutMillis: 5000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]?.data_directory === (await realpath(cluster.data)) ? 'ready' : 'foreign';
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === '57P03') return 'busy';
    return code === 'ECONNREFUSED' ? 'silent' : 'foreign';
  } finally {
    await client.end().catch(() => {});
  }
}

/** What the running (or killed) server wrote down about itself; null when none did. */
export async function readRecord({ data }: Cluster): Promise<{ pid: number; port: number } | null> {
  const lines = (await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 && port > 0 ? { pid, port } : null;
}

/**
 * Starts the server as a child in its own session, so that a Ctrl-C meant for us does not reach it. Where
 * setpriv exists it gets a clean fast shutdown (SIGINT) when this process dies in any way.
 */
export async function launch(cluster: Cluster, port: number): Promise<ChildProcess> {
  await forgetReusedPid(cluster);
  const logFile = path.join(cluster.home, 'server.log');
  const size = (await stat(logFile).catch(() => null))?.size ?? 0;
  if (size > LOG_BYTES) await rename(logFile, `${logFile}.1`);
  const log = await open(logFile, 'a', 0o600);
  try {
    const postgres = [path.join(cluster.binaries, 'bin/postgres'), '-D', cluster.data, '-p', String(port)];
    const tie = await runAs(cluster.account, 'setpriv', ['--pdeathsig', 'keep', 'true']);
    const command = tie.code === 0 ? ['setpriv', '--pdeathsig', 'INT', ...postgres] : postgres;
    const child = spawn(command[0] as string, command.slice(1), {
      ...spawnOptions(cluster.account),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    child.on('error', () => {}); // shows as an exit; the caller quotes the log
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

/**
 * After a power cut or a container restart the number in postmaster.pid may belong to another process of this
 * user, and PostgreSQL would refuse to start for ever. It ignores the number of its parent, so ours is put
 * there; its check for left-over shared memory, which guards against two servers on one folder, stays in
 * force. Linux only: elsewhere there is no /proc to ask.
 */
async function forgetReusedPid({ data }: Cluster): Promise<void> {
  const file = path.join(data, 'postmaster.pid');
  const before = await readFile(file, 'utf8').catch(() => null);
  const pid = Number(before?.split('\n')[0]);
  if (before === null || !(pid > 0)) return;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  if (commandLine === null || commandLine.includes(data) || commandLine.includes('postgres')) return;
  if ((await readFile(file, 'utf8').catch(() => null)) !== before) return;
  await writeFile(file, before.replace(/^\d+/, String(process.pid)));
}

/** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
export async function shutDown(cluster: Cluster): Promise<void> {
  const pgCtl = path.join(cluster.binaries, 'bin/pg_ctl');
  const stopped = await runAs(cluster.account, pgCtl, [
    ...['stop', '-w', '-t', '60', '-m', 'fast', '-D', cluster.data],
  ]);
  if (stopped.code !== 0 && (await readRecord(cluster)) !== null)
    throw new Error(`PostgreSQL in ${cluster.home} does not stop: ${stopped.output.trim()}`);
}

export async function logTail({ home }: Cluster): Promise<string> {
  const text = await readFile(path.join(home, 'server.log'), 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-6).join('\n');
}
