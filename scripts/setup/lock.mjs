import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stamps } from './paths.mjs';
import { note } from './phase.mjs';

/** Start time of a process in clock ticks since boot, so that a reused pid is told apart; '' where /proc is missing. */
function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return '';
  }
}

function lives(holder) {
  const [pid, started] = holder.trim().split(' ');
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  return (started ?? '') === startTime(pid);
}

function take(file) {
  try {
    const fd = openSync(file, 'wx', 0o600);
    writeFileSync(fd, `${process.pid} ${startTime(process.pid)}\n`);
    closeSync(fd);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

/** Runs `work` while no other set-up of this checkout does. The lock of a dead process is taken over. */
export async function withLock(work) {
  mkdirSync(stamps, { recursive: true });
  const file = path.join(stamps, 'setup.lock');
  let told = false;
  let unreadable = 0;
  while (!take(file)) {
    let holder = '';
    try {
      holder = readFileSync(file, 'utf8');
    } catch {
      continue; // released in between
    }
    // An empty file is a lock that is being written, or was left by a full disk.
    if (holder === '' ? ++unreadable > 10 : !lives(holder)) rmSync(file, { force: true });
    else {
      if (!told) note(`another set-up is running (process ${holder.split(' ')[0]}); waiting for it`);
      told = true;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}
