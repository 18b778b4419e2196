import path from 'node:path';
import { migrate } from '@ravine/database';
import { startEmbedded } from '@ravine/database/embedded';
import { urlOf } from './api-address.js';
import type { Config } from './config.js';
import { openDataFolder } from './data-folder.js';
import { lockDataFolder } from './lock.js';
import { type PartOptions, startPart } from './parts.js';
import { choosePort, portIsFree } from './port.js';
import { askWorkers, type Readiness } from './readiness.js';
import { readServiceFile, removeServiceFile, writeServiceFile } from './service-file.js';
import { waitFor } from './wait.js';

/** A worker hands its jobs back in this time; then it is killed, and the jobs are found again by their heartbeat. */
const WORKER_GRACE_MS = 30_000;
const API_GRACE_MS = 10_000;
/** The API ends within its grace, or is ended by its leash. */
const PREDECESSOR_MS = 35_000;
/** How long the first report of the worker is waited for. */
const REPORT_MS = 10_000;
/** How often another port is tried because a second service was faster. */
const PORT_RACES = 5;

export interface Service {
  url: string;
  readiness: Readiness | null;
  /** Worker, API, PostgreSQL, in this order. May be called twice. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  environment: Record<string, string | undefined>;
  /** Told about each step and about parts that die. */
  say: (line: string) => void;
  /** Aborted: the start is given up and what was started ends. */
  signal: AbortSignal;
}

/** Ends what was started, last first. */
type Endings = (() => Promise<unknown>)[];

/** Starts everything on this machine. When it rejects, nothing that it started is left. */
export async function startService(config: Config, options: ServiceOptions): Promise<Service> {
  const endings: Endings = [];
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= (async () => {
      for (const end of endings.reverse()) await end().catch((error: Error) => options.say(error.message));
    })();
    return stopping;
  };
  try {
    return { ...(await bringUp(config, options, endings)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUp(
  config: Config,
  options: ServiceOptions,
  endings: Endings,
): Promise<Omit<Service, 'stop'>> {
  const { dataFolder } = config;
  const { signal } = options;
  await openDataFolder(dataFolder);
  endings.push(await lockDataFolder(dataFolder));
  await endOfPredecessor(config, options);
  const databaseUrl = config.databaseUrl ?? (await startDatabase(dataFolder, options, endings));
  signal.throwIfAborted();
  await migrate(databaseUrl);
  signal.throwIfAborted();
  const env = {
    ...options.environment,
    RAVINE_DATA: dataFolder,
    RAVINE_HOST: config.host,
    DATABASE_URL: databaseUrl,
    STORAGE_URL: config.storageUrl,
  };
  const url = await startApi(config, { ...options, env }, endings);
  signal.throwIfAborted();
  const worker = startPart({ name: 'worker', env, dataFolder, say: options.say });
  endings.push(() => worker.child.stop(WORKER_GRACE_MS));
  await worker.up;
  worker.child.markReady();
  const readiness = await waitFor(() => askWorkers(url), REPORT_MS, signal);
  signal.throwIfAborted();
  await writeServiceFile(dataFolder, { url, pid: process.pid, startedAt: new Date().toISOString() });
  endings.push(() => removeServiceFile(dataFolder));
  return { url, readiness };
}

/**
 * `service.json` without a service: it was killed by force, and its API may still be closing. Waiting for that port keeps
 * the address the same.
 */
async function endOfPredecessor(
  { dataFolder, host }: Config,
  { say, signal }: ServiceOptions,
): Promise<void> {
  const left = await readServiceFile(dataFolder);
  if (left === null) return;
  await removeServiceFile(dataFolder);
  const port = Number(new URL(left.url).port);
  const free = async () => ((await portIsFree(host, port)) ? true : null);
  if (await free()) return;
  say('the service before was killed; waiting for its parts to end');
  await waitFor(free, PREDECESSOR_MS, signal);
}

async function startDatabase(dataFolder: string, { say }: ServiceOptions, endings: Endings): Promise<string> {
  const embedded = await startEmbedded({ dir: path.join(dataFolder, 'postgres'), onLog: say });
  endings.push(embedded.stop);
  return embedded.url;
}

/** Starts the API on the asked port, or on the first one that is free. Resolves with its URL once it listens. */
async function startApi(
  { dataFolder, host, port: asked, firstPort }: Config,
  { say, env }: ServiceOptions & Pick<PartOptions, 'env'>,
  endings: Endings,
): Promise<string> {
  for (let race = 0; ; race++) {
    const port = await choosePort(host, asked, firstPort);
    const api = startPart({ name: 'api', env: { ...env, RAVINE_PORT: String(port) }, dataFolder, say });
    try {
      await api.up;
      api.child.markReady();
      endings.push(() => api.child.stop(API_GRACE_MS));
      if (asked === null && port !== firstPort)
        say(`port ${firstPort} is taken by another program; using ${port}`);
      return urlOf(host, port);
    } catch (error) {
      await api.child.stop(API_GRACE_MS);
      if (asked !== null || race >= PORT_RACES || (await portIsFree(host, port))) throw error;
    }
  }
}
