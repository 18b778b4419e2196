#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { banner } from './banner.js';
import { readConfig } from './config.js';
import { nameOf, parentOf } from './process-identity.js';
import { type Service, startService } from './service.js';

const say = (line: string) => console.error(`  ${line}`);
const stopped = new AbortController();
const stop = (reason: string) => stopped.abort(new Error(reason));

/**
 * The first signal ends everything in order. Later ones change nothing: npm sends Ctrl-C a second time by itself, and
 * a part that hangs is killed after its grace anyway.
 */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));

// Started by another program with a channel, it ends with that program.
process.once('disconnect', () => stop('the starting program is gone'));

// Started through npm, it ends with npm, also when that is killed; between them is a shell, unless that became this
// process. Who started npm may leave (nohup, a logout) and is not looked at.
const throughShell = /^(ba|da|k|z)?sh$|^busybox$/.test(nameOf(process.ppid) ?? '');
const ancestors = () => `${process.ppid} ${throughShell ? parentOf(process.ppid) : ''}`;
const started = ancestors();
if (process.env.npm_lifecycle_event === 'start')
  setInterval(() => ancestors() !== started && stop('npm is gone'), 1000).unref();

/** Messages say what to do; only a fault of the program itself needs its stack. */
const plain = (error: unknown) =>
  error instanceof Error && !(error instanceof TypeError || error instanceof ReferenceError)
    ? error.message
    : error;

async function main(): Promise<number> {
  let service: Service | undefined;
  try {
    const folder = fileURLToPath(new URL('../../../.ravine', import.meta.url));
    const config = readConfig(process.env, folder);
    say(`starting in ${config.dataFolder}`);
    service = await startService(config, { environment: process.env, say, signal: stopped.signal });
    console.log(banner(service.url, config.dataFolder, service.readiness));
    if (!stopped.signal.aborted)
      await new Promise((resolve) => stopped.signal.addEventListener('abort', resolve));
    say('stopping: jobs that run are handed back …');
    await service.stop();
    say('stopped');
    return 0;
  } catch (error) {
    await service?.stop();
    if (stopped.signal.aborted) return 0;
    console.error(plain(error));
    return 1;
  }
}

process.exit(await main());
