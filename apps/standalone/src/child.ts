import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openLogFile } from './log-file.js';

const leash = fileURLToPath(new URL('./leash.js', import.meta.url));
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 30_000;
/** A process that lived this long starts again with the first backoff. */
const STABLE_MS = 60_000;

export interface ChildOptions {
  name: string;
  /** Main module. */
  script: string;
  env: Record<string, string | undefined>;
  /** Gets everything that the process prints. */
  logFile: string;
  say: (line: string) => void;
  /** Called instead of a restart, when the process ends before it was marked as ready; with the end of its log. */
  onFailedStart: (why: string) => void;
  /** Gets what the process sends. */
  onMessage?: ((message: unknown) => void) | undefined;
}

export interface Child {
  readonly pid: number | undefined;
  /** From now on the process is started again when it dies. */
  markReady(): void;
  /** SIGTERM, SIGKILL after `graceMs`; resolves when the process is gone. */
  stop(graceMs: number): Promise<void>;
}

/** Starts a process that lives as long as this one, and starts it again, with backoff, when it dies. */
export function superviseChild(options: ChildOptions): Child {
  const { name, say } = options;
  const log = openLogFile(options.logFile);
  let current: ChildProcess | null = null;
  let timer: NodeJS.Timeout | undefined;
  let ready = false;
  let stopping = false;
  let backoffMs = FIRST_BACKOFF_MS;

  const start = () => {
    const started = Date.now();
    const output = log.open();
    const child = launch(options.script, options.env, output.fd);
    output.close();
    current = child;
    const ended = async (how: string) => {
      if (current !== child) return;
      current = null;
      const lines = await log.tail(output.begin, ready ? 1 : 15);
      if (stopping) return;
      if (!ready) return options.onFailedStart(`The ${name} did not start (${how}):\n${lines}`);
      if (Date.now() - started > STABLE_MS) backoffMs = FIRST_BACKOFF_MS;
      say(
        `the ${name} died (${how}); it starts again in ${backoffMs / 1000} s. Its last words: ${lines} (${log.path})`,
      );
      timer = setTimeout(start, backoffMs);
      backoffMs = Math.min(MAX_BACKOFF_MS, backoffMs * 2);
    };
    child.on('message', (message) => options.onMessage?.(message));
    child.once('error', (error) => ended(error.message));
    child.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
  };
  start();
  return {
    get pid() {
      return current?.pid;
    },
    markReady() {
      ready = true;
    },
    async stop(graceMs) {
      stopping = true;
      clearTimeout(timer);
      log.close();
      const child = current;
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await gone;
      clearTimeout(force);
    },
  };
}

/** In a process group of its own: Ctrl-C reaches only the service, which ends its parts in order. */
function launch(script: string, env: ChildOptions['env'], log: number): ChildProcess {
  return fork(script, [], {
    env,
    execArgv: ['--import', leash],
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
}
