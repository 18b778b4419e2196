import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CHILD_ARGUMENTS } from '@ravine/engine-torch';
import { type ChildExit, describeExit, saysOutOfMemory, UNSTARTED } from './exit.js';
import { watchOomKills } from './oom-watch.js';
import { type FromChild, type Purpose, parseFromChild, type ToChild } from './protocol.js';
import { FROZEN_AFTER_MS, isSignOfLife, watchForLife } from './sign-of-life.js';
import { tailOf } from './tail.js';

const ENTRY = fileURLToPath(new URL('./main.js', import.meta.url));
const STDERR_LINES = 20;

export interface ChildOptions<P extends Purpose> {
  purpose: P;
  environment: Record<string, string>;
  onMessage: (message: FromChild<P>) => void;
  /** Each line that the child writes to its outputs. */
  onLine: (line: string, stream: 'stdout' | 'stderr') => void;
  /** It is ended after so long without a sign of life. */
  frozenAfterMs?: number;
}

/** One child process; it dies with this process. */
export interface Child<P extends Purpose> {
  readonly processId: number | undefined;
  /** A message to a child that is gone is dropped: `exited` tells. */
  send(message: ToChild<P>): void;
  kill(): void;
  /** Resolves after the process is gone and its last message was handed over; never rejects. */
  readonly exited: Promise<ChildExit>;
}

/** Starts a child. It has its own environment from before exec, since allocator and OpenMP read theirs only once. */
export function startChild<P extends Purpose>(options: ChildOptions<P>): Child<P> {
  const kernel = watchOomKills();
  let killedHere = false;
  const kill = (): void => {
    killedHere = true;
    child.kill('SIGKILL');
  };
  let child: ChildProcess;
  try {
    child = fork(ENTRY, [options.purpose], {
      env: options.environment,
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: ['--enable-source-maps', ...CHILD_ARGUMENTS],
    });
  } catch (error) {
    kernel.end();
    return neverStarted(error); // ENOMEM is thrown at once; EAGAIN and EMFILE come as an event
  }
  const { onLine } = options;
  const stderr = child.stderr
    ? tailOf(child.stderr, STDERR_LINES, (line) => onLine(line, 'stderr'))
    : () => [];
  if (child.stdout) tailOf(child.stdout, 1, (line) => onLine(line, 'stdout'));

  // The child ends by itself when this process is gone, but not while it is stopped or stuck in the kernel.
  const killAtExit = (): void => void child.kill('SIGKILL');
  process.on('exit', killAtExit);

  const faults: string[] = [];
  let frozen = false;
  const watch = watchForLife(() => {
    frozen = true;
    faults.push(`the ${options.purpose} process gave no sign of life and was ended`);
    kill();
  }, options.frozenAfterMs ?? FROZEN_AFTER_MS);
  child.on('message', (raw) => {
    watch.heard();
    if (isSignOfLife(raw)) return;
    try {
      options.onMessage(parseFromChild(options.purpose, raw));
    } catch (error) {
      // A report that is lost would leave the child waiting for its acknowledgement.
      faults.push(`a message of the ${options.purpose} process was refused: ${String(error)}`);
      kill();
    }
  });

  return {
    processId: child.pid,
    send: (message) => {
      if (child.connected) child.send(message as object, () => {});
    },
    kill,
    exited: exitOf(child, faults).then(({ code, signal }) => {
      watch.end();
      process.off('exit', killAtExit);
      const oomKill = signal === 'SIGKILL' && !killedHere && kernel.struck();
      kernel.end();
      const outOfMemory = oomKill || saysOutOfMemory(signal, stderr());
      const killed = signal === 'SIGKILL' && !outOfMemory && !killedHere;
      return { code, signal, stderr: [...stderr(), ...faults], outOfMemory, killed, frozen };
    }),
  };
}

const neverStarted = (error: unknown): Child<never> => ({
  processId: undefined,
  send: () => {},
  kill: () => {},
  exited: Promise.resolve({ ...UNSTARTED, stderr: [String(error)] }),
});

/** 'close' comes after the last message and the last line of output; 'error' alone when the process could not start. */
function exitOf(child: ChildProcess, faults: string[]): Promise<Pick<ChildExit, 'code' | 'signal'>> {
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }));
    child.on('error', (error) => {
      faults.push(error.message);
      if (child.pid === undefined) resolve({ code: null, signal: null });
    });
  });
}

/** The error for a child that ended before it did its work. */
export class ChildEnded extends Error {
  constructor(
    readonly purpose: Purpose,
    readonly exit: ChildExit,
  ) {
    super(`the ${purpose} process ${describeExit(exit)}`);
    this.name = 'ChildEnded';
  }
}
