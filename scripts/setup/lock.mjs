import { createHash, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stamps } from './paths.mjs';
import { note } from './phase.mjs';

/** `<pid> <start time>`, so that a reused pid is told apart; '' for a process that is gone. The time is 0 where /proc is missing. */
function identity(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    if (process.platform === 'linux') return '';
  }
  try {
    process.kill(pid, 0);
    return `${pid} 0`;
  } catch (error) {
    return error.code === 'EPERM' ? `${pid} 0` : '';
  }
}

const lives = (holder) => holder !== '' && identity(Number(holder.split(' ')[0])) === holder;

function contentOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Makes `file` a second name of `draft`, which is complete; false when it is there already. */
function linked(draft, file) {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

/** Replaces the lock of a dead holder; only who makes the file named after that holder may. */
function takenOver(draft, file, holder) {
  const claim = `${file}.after-${createHash('sha256').update(holder).digest('hex').slice(0, 16)}`;
  if (!linked(draft, claim)) {
    if (!lives(contentOf(claim) ?? identity(process.pid))) rmSync(claim, { force: true });
    return false;
  }
  const owns = contentOf(file) === holder;
  if (owns) renameSync(draft, file);
  rmSync(claim, { force: true });
  return owns;
}

async function take(file) {
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, identity(process.pid));
  try {
    for (let told = false; !linked(draft, file); ) {
      const holder = contentOf(file);
      if (holder === null) continue; // released in between
      if (!lives(holder)) {
        if (takenOver(draft, file, holder)) return;
      } else if (!told) {
        note(`another set-up is running (process ${holder.split(' ')[0]}); waiting for it`);
        told = true;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Runs `work` while no other set-up of this checkout does. The lock of a dead process is taken over. */
export async function withLock(work, folder = stamps) {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'setup.lock');
  await take(file);
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}
