import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A place where a process runs; when it dies another one is started, as an init system would. */
export interface Slot {
  readonly name: string;
  /** Process id of the one that runs now, 0 in between. */
  readonly pid: number;
  /** How often a process was started here. */
  readonly starts: number;
  /** Resolves when the process that runs now has said that it is ready. */
  ready(): Promise<void>;
  /** Sends a signal to the process that runs now; false when there is none. */
  signal(signal: NodeJS.Signals): boolean;
  /** Resolves when the process of that id is gone. */
  gone(pid: number): Promise<void>;
  /** Starts no more, and ends the one that runs. */
  close(): Promise<void>;
}

export interface SlotOptions {
  name: string;
  program: string;
  environment: () => Record<string, string | undefined>;
  logFile: string;
}

/** Pause before a start: a process that cannot start must not spin. */
const PAUSE_MS = 200;

export function openSlot({ name, program, environment, logFile }: SlotOptions): Slot {
  const log = createWriteStream(logFile, { flags: 'a' });
  let child: ChildProcess | null = null;
  let isReady = false;
  let closed = false;
  let starts = 0;

  const run = async (): Promise<void> => {
    while (!closed) {
      isReady = false;
      starts += 1;
      const started = fork(program, [], { env: environment(), execArgv: [], silent: true });
      child = started;
      started.stdout?.pipe(log, { end: false });
      started.stderr?.pipe(log, { end: false });
      started.once('message', () => {
        isReady = true;
      });
      const [code, signal] = await once(started, 'exit');
      log.write(`--- ${name} ${started.pid} ended: ${signal ?? code}\n`);
      child = null;
      await sleep(PAUSE_MS);
    }
  };
  const running = run();

  return {
    name,
    get pid() {
      return child?.pid ?? 0;
    },
    get starts() {
      return starts;
    },
    async ready() {
      while (!isReady) await sleep(20);
    },
    signal: (signal) => child?.kill(signal) ?? false,
    async gone(pid) {
      while (child?.pid === pid) await sleep(20);
    },
    async close() {
      closed = true;
      child?.kill('SIGCONT');
      child?.kill('SIGTERM');
      const force = setTimeout(() => child?.kill('SIGKILL'), 30_000);
      await running;
      clearTimeout(force);
      log.end();
    },
  };
}
