import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, superviseChild } from './child.js';
import { ConfigError } from './config.js';

const START_MS = 60_000;

const mains = {
  api: import.meta.resolve('@ravine/api/main'),
  worker: import.meta.resolve('@ravine/worker/main'),
};

export interface PartOptions {
  name: 'api' | 'worker';
  env: Record<string, string | undefined>;
  dataFolder: string;
  say: (line: string) => void;
}

export interface Part {
  child: Child;
  /** Resolves when the process says that it is up. Rejects with ConfigError when it ends or is silent for a minute before it is marked as ready. */
  up: Promise<unknown>;
}

/** Starts API or worker as a supervised process. */
export function startPart({ name, env, dataFolder, say }: PartOptions): Part {
  const logFile = path.join(dataFolder, 'logs', `${name}.log`);
  let fail: (error: Error) => void = () => undefined;
  let isUp: (value?: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined); // nobody may be waiting yet, or any more
  const said = new Promise((resolve) => {
    isUp = resolve;
  });
  const timer = setTimeout(
    () => fail(new ConfigError(`The ${name} is not up after ${START_MS / 1000} s; see ${logFile}`)),
    START_MS,
  );
  const child = superviseChild({
    name,
    script: fileURLToPath(mains[name]),
    env,
    logFile,
    say,
    onFailedStart: (why) => fail(new ConfigError(why)),
    onMessage: (message) => {
      const { kind, type } = message as { kind?: unknown; type?: unknown };
      if (kind === 'listening' || type === 'ready') isUp();
    },
  });
  return { child, up: Promise.race([said, failed]).finally(() => clearTimeout(timer)) };
}
