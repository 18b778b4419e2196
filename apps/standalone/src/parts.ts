import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, superviseChild } from './child.js';
import { ConfigError } from './config.js';

const START_MS = 60_000;

export interface PartOptions {
  name: 'api' | 'worker';
  env: Record<string, string | undefined>;
  dataFolder: string;
  say: (line: string) => void;
}

export interface Part {
  child: Child;
  /** Resolves when the process says that it listens. Rejects with ConfigError when it ends or is silent for a minute before it is marked as ready. */
  listening: Promise<unknown>;
  /** Rejects when the process ends before it was marked as ready. */
  failed: Promise<never>;
}

/** Starts API or worker as a supervised process. */
export function startPart({ name, env, dataFolder, say }: PartOptions): Part {
  const logFile = path.join(dataFolder, 'logs', `${name}.log`);
  let fail: (error: Error) => void = () => undefined;
  let listens: (value?: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined); // nobody may be waiting yet, or any more
  const said = new Promise((resolve) => {
    listens = resolve;
  });
  const timer = setTimeout(
    () => fail(new ConfigError(`The ${name} is not up after ${START_MS / 1000} s; see ${logFile}`)),
    START_MS,
  );
  const child = superviseChild({
    name,
    script: fileURLToPath(import.meta.resolve(`@ravine/${name}/main`)),
    env,
    logFile,
    say,
    onFailedStart: (why) => fail(new ConfigError(why)),
    onMessage: (message) => {
      if ((message as { kind?: unknown } | null)?.kind !== 'listening') return;
      clearTimeout(timer);
      listens();
    },
  });
  if (name === 'worker') clearTimeout(timer); // it reports through the database
  return { child, failed, listening: Promise.race([said, failed]).finally(() => clearTimeout(timer)) };
}
