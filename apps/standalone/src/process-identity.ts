import { readFileSync } from 'node:fs';

/**
 * `<pid> <start time>` of a live process, so that a reused pid is told from the process that had it; null when there is
 * no such process, or only its unreaped remains. Where there is no /proc the start time is 0 and only the pid counts.
 */
export function processIdentity(pid: number): string | null {
  const status = statusOf(pid);
  if (status !== null) return status[0] === 'Z' ? null : `${pid} ${status[19]}`;
  if (process.platform === 'linux') return null;
  try {
    process.kill(pid, 0);
    return `${pid} 0`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? `${pid} 0` : null;
  }
}

/** Process id of the parent; null where it cannot be told. */
export const parentOf = (pid: number): number | null => {
  const status = statusOf(pid);
  return status === null ? null : Number(status[1]);
};

/** What a process is called, at most 15 characters of it; null where it cannot be told. */
export const nameOf = (pid: number): string | null => {
  const text = statOf(pid);
  return text === null ? null : text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
};

/** The fields of /proc/<pid>/stat from the state on: the name before it may hold anything. */
function statusOf(pid: number): string[] | null {
  const text = statOf(pid);
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Null without /proc or process. */
function statOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
}
