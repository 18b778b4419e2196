import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const checkout = fileURLToPath(new URL('../..', import.meta.url));

export interface Finished {
  code: number | null;
  out: string;
  err: string;
}

export interface Running {
  child: ChildProcess;
  /** What it has printed so far. */
  out(): string;
  err(): string;
  finished: Promise<Finished>;
}

/** Runs a script of the checkout with node; no set-up, and none of this process's RAVINE_ settings. */
export function runScript(script: string, args: string[], env: Record<string, string> = {}): Running {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(RAVINE|DATABASE_URL|REDIS_URL|STORAGE_URL|npm_|INIT_CWD)/.test(name),
  );
  const child = spawn(process.execPath, [path.join(checkout, script), ...args], {
    cwd: checkout,
    env: { ...Object.fromEntries(inherited), RAVINE_SETUP: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const finished = new Promise<Finished>((resolve) =>
    child.once('close', (code) => resolve({ code, out, err })),
  );
  return { child, out: () => out, err: () => err, finished };
}

/** A folder of the test's own below the system's temporary folder that the user `postgres` can reach. */
export const temporaryFolder = () => mkdtempSync(path.join(tmpdir(), 'ravine-e2e-'));
export const removeFolder = (folder: string) =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

/** Process ids of everything that has the folder in its command line or environment: services, workers, PostgreSQL. */
export function processesOf(folder: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8');
        const belongs = command.includes(folder) || environment.includes(folder);
        return belongs && command !== '' ? [{ pid: Number(name), command }] : [];
      } catch {
        return []; // gone in between, or another user's
      }
    });
}

/** Ends what a test has left running, and waits until it is gone: a process that dies may still write. */
export async function endProcessesOf(folder: string): Promise<void> {
  await until(`no process of ${folder} is left`, () => {
    const left = processesOf(folder);
    for (const { pid } of left) killIfThere(pid);
    return left.length === 0;
  });
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Long enough for any machine: it ends only what hangs. */
const PATIENCE_SECONDS = 240;

/** Asks every 50 ms until the probe gives something truthy; fails with `what` when it never does. */
export async function until<T>(
  what: string | (() => string),
  probe: () => T | Promise<T>,
): Promise<NonNullable<T>> {
  for (const end = Date.now() + PATIENCE_SECONDS * 1000; Date.now() < end; ) {
    const found = await probe();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not within ${PATIENCE_SECONDS} s: ${typeof what === 'string' ? what : what()}`);
}

export interface ServiceProcess extends Running {
  url: string;
  /** Sends the signal and resolves with how it ended. */
  stop(signal?: NodeJS.Signals): Promise<Finished>;
}

/** `npm start` without npm; resolves once service.json tells where it listens. */
export async function startService(
  folder: string,
  env: Record<string, string> = {},
): Promise<ServiceProcess> {
  const running = runScript('scripts/start.mjs', [], { RAVINE_DATA: folder, ...env });
  const file = path.join(folder, 'service.json');
  const waiting = () => `service.json; so far: ${running.err()}`;
  const service = await until(waiting, () => {
    if (running.child.exitCode !== null) throw new Error(`the service ended: ${running.err()}`);
    try {
      const found = JSON.parse(readFileSync(file, 'utf8')) as { url: string; pid: number };
      return found.pid === running.child.pid ? found : null;
    } catch {
      return null;
    }
  });
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    running.child.kill(signal);
    return running.finished;
  };
  return { ...running, url: service.url, stop };
}
