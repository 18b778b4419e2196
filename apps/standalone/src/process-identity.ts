import { readFileSync } from 'node:fs';

/**
 * `<pid> <start time>` of a live process, so that a reused pid is told from the process that had it; null when there is
 * no such process, or only its unreaped remains. Where there is no /proc the start time is 0 and only the pid counts.
 */
export function processIdentity(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? null : `${pid} ${fields[18]}`;
  } catch {
    if (process.platform === 'linux') return null;
  }
  try {
    process.kill(pid, 0);
    return `${pid} 0`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? `${pid} 0` : null;
  }
}
