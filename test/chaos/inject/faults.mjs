// What a process does at a named point: notes that it passed, and takes the fault that waits there, if any. The folder
// CHAOS_FAULTS holds `<point>` files, each a fault that the first process to pass takes, `passed` and `fired`.
import fs from 'node:fs';
import path from 'node:path';

// As they were before anything was patched.
const { appendFileSync, readFileSync, unlinkSync, writeFileSync } = fs;
const folder = process.env.CHAOS_FAULTS;

const program = path.basename(path.dirname(process.argv[1] ?? ''));
const owner = path.basename(path.dirname(path.dirname(process.argv[1] ?? '')));

/** What kind of process this is; null for one that no point belongs to (npm, a probe, an ingest). */
export const kind =
  program === 'child'
    ? process.argv[2] === 'train'
      ? 'child'
      : null
    : ({ api: 'api', worker: 'worker' }[owner] ?? null);

/** Error of a full or a broken disk, as node makes them. */
export function diskError(code) {
  const number = { ENOSPC: -28, EIO: -5 }[code];
  return Object.assign(new Error(`${code}: injected by a test of faults`), {
    code,
    errno: number,
    syscall: 'write',
  });
}

/** The wire broke: the answer, if there was one, is lost. */
export const connectionLost = () =>
  Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });

/** Passes a point. Kills or stops the process there, or answers what the caller has to do: 'ENOSPC', 'EIO', 'cut', null. */
export function pass(label, stage) {
  const point = `${kind}:${label}:${stage}`;
  appendFileSync(`${folder}/passed`, `${point}\n`);
  const fault = take(point);
  if (fault === null) return null;
  appendFileSync(`${folder}/fired`, `${JSON.stringify({ ...fault, point, pid: process.pid })}\n`);
  if (fault.action === 'kill') die();
  if (fault.action === 'stop') process.kill(process.pid, 'SIGSTOP');
  return ['kill', 'stop'].includes(fault.action) ? null : fault.action;
}

function take(point) {
  const file = `${folder}/${point}`;
  let fault;
  try {
    fault = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null; // nothing waits here, or it is being written
  }
  if (fault.skip > 0) {
    writeFileSync(file, JSON.stringify({ ...fault, skip: fault.skip - 1 }));
    return null;
  }
  try {
    unlinkSync(file);
  } catch {
    return null; // another process was faster
  }
  return fault;
}

function die() {
  process.kill(process.pid, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // nothing happens any more until the signal is there
}
