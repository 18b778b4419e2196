import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { stamps } from './paths.mjs';

/** A set-up step that failed; the message says what to do and is shown without a stack. */
export class SetupError extends Error {}

/** Runs one phase and prints one line: what it does and how long it took. Everything goes to stderr, so that stdout stays data. */
export async function phase(title, work) {
  const started = Date.now();
  process.stderr.write(`› ${title} … `);
  try {
    const result = await work();
    process.stderr.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
    return result;
  } catch (error) {
    process.stderr.write('failed\n');
    throw error;
  }
}

export const note = (text) => process.stderr.write(`  ${text}\n`);

/** Runs a command with its output in `.stamps/<log>.log`; fails with the end of that output. */
export async function run(log, command, args, { env = process.env, cwd } = {}) {
  mkdirSync(stamps, { recursive: true });
  const file = path.join(stamps, `${log}.log`);
  const output = openSync(file, 'w');
  const code = await new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', output, output] });
    const forward = (signal) => child.kill(signal);
    process.once('SIGINT', forward).once('SIGTERM', forward);
    const done = (value) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      resolve(value);
    };
    child.once('error', (error) => done(error.message)).once('exit', (exit, signal) => done(exit ?? signal));
  });
  closeSync(output);
  if (code === 'SIGINT' || code === 'SIGTERM') process.exit(code === 'SIGINT' ? 130 : 143);
  if (code === 0) return;
  const tail = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-25).join('\n');
  throw new SetupError(`${command} ${args.join(' ')} failed (${code}):\n${tail}\n(all of it: ${file})`);
}
