import type { ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Cluster, openCluster } from './cluster.js';
import { keepRunning } from './keep-running.js';
import { own, ownerLives, runs } from './owner.js';
import { freePort, isFree } from './port.js';
import { ask, launch, logTail, readRecord, shutDown, urlOf } from './server.js';

const START_MS = 90_000;
const MOST_LAUNCHES = 15;
const DATABASE = 'ravine';

type Log = (line: string) => void;
type Server = NonNullable<Awaited<ReturnType<typeof readRecord>>>;

export interface EmbeddedOptions {
  /** Folder that keeps the database; made when missing. One server per folder. */
  dir: string;
  /** Default: a free port, chosen once and kept in the folder. */
  port?: number;
  /** Told what is done and why, e.g. that the data lies elsewhere. */
  onLog?: Log;
}

export interface Embedded {
  url: string;
  port: number;
  /** True when a server of this folder was already running. */
  reused: boolean;
  /** Ends the server, unless another call that still lives started it. May be called twice. */
  stop(): Promise<void>;
}

/**
 * PostgreSQL 18 from an npm package, on the loopback interface only. A second start on the same folder (at
 * the same time, or after this process was killed) finds the running server. Rejects with what to do when it
 * cannot run here.
 */
export async function startEmbedded({ dir, port, onLog = () => {} }: EmbeddedOptions): Promise<Embedded> {
  const cluster = await openCluster(path.resolve(dir), port, onLog);
  const { server, launched } = await ready(cluster, { port, log: onLog });
  const mine = launched || !(await ownerLives(cluster, server.pid));
  if (mine) await own(cluster, server.pid);
  if (launched) await writeFile(path.join(cluster.home, 'port'), `${server.port}\n`);
  await createDatabase(cluster, server.port);
  const letGo = mine ? keepServer(cluster, server, onLog) : async () => {};
  const stop = async (): Promise<void> => {
    await letGo();
    if (mine) await shutDown(cluster);
  };
  let stopping: Promise<void> | undefined;
  return {
    url: urlOf(cluster, server.port, DATABASE),
    port: server.port,
    reused: !launched,
    stop: () => (stopping ??= stop()),
  };
}

/** Brings the server back, on the port that everybody knows, when it dies: killed for want of memory, its disk full. */
function keepServer(cluster: Cluster, { pid, port }: Server, log: Log): () => Promise<void> {
  let current = pid;
  return keepRunning({
    alive: () => runs(current),
    async restart(signal) {
      const { server } = await ready(cluster, { port, log, signal });
      current = server.pid;
      await own(cluster, current);
    },
    onLog: log,
  });
}

interface ReadyOptions {
  /** Default: the port of the last time. */
  port?: number | undefined;
  log: Log;
  /** Aborted: no server is started any more. */
  signal?: AbortSignal;
}

/** Waits for a server that runs or is about to; starts one where there is none. */
async function ready(
  cluster: Cluster,
  { port, log, signal }: ReadyOptions,
): Promise<{ server: Server; launched: boolean }> {
  const deadline = Date.now() + START_MS;
  let child: ChildProcess | undefined;
  for (let launches = 0; ; await sleep(50)) {
    const server = await readRecord(cluster);
    const answer = server === null ? 'silent' : await ask(cluster, server.port);
    if (server !== null && answer === 'ready') return { server, launched: server.pid === child?.pid };
    const starting = child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
    const tooLong = Date.now() > deadline || (!starting && launches >= MOST_LAUNCHES);
    if (tooLong || signal?.aborted) {
      if (starting) child?.kill('SIGINT');
      signal?.throwIfAborted();
      const tail = await logTail(cluster);
      throw new Error(`PostgreSQL did not start in ${cluster.home}. Its log ends with:\n${tail}`);
    }
    if (starting || answer === 'busy') continue;
    if (launches > 0) await sleep(200 * launches); // another start holds the folder, or a killed server is not reaped yet
    child = await launch(cluster, await choosePort(cluster, port, log));
    launches += 1;
  }
}

/** The kept port, or a new one when another program has taken it. */
async function choosePort(cluster: Cluster, wanted: number | undefined, log: Log) {
  const kept = Number(await readFile(path.join(cluster.home, 'port'), 'utf8').catch(() => ''));
  const port = wanted ?? (kept > 0 ? kept : await freePort());
  if (await isFree(port)) return port;
  if ((await readRecord(cluster))?.port === port) return port; // our own server, started by another process just now
  if (wanted !== undefined)
    throw new Error(`Port ${wanted} for PostgreSQL is taken by another program; choose another one.`);
  const other = await freePort();
  log(`port ${port} is taken by another program; PostgreSQL moves to ${other}`);
  return other;
}

async function createDatabase(cluster: Cluster, port: number): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(cluster, port, 'postgres') });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== '42P04' && code !== '23505') throw error; // else another start made it
  } finally {
    await client.end();
  }
}
