import { readFileSync } from 'node:fs';

const COUNTERS = [
  { path: '/sys/fs/cgroup/memory.events', name: 'oom_kill' },
  { path: '/sys/fs/cgroup/memory/memory.oom_control', name: 'oom_kill' },
  { path: '/proc/vmstat', name: 'oom_kill' },
];

/** Time between two readings. A large process takes some seconds from the kernel's choice to its end. */
const INTERVAL_MS = 5_000;

/**
 * How many processes the kernel has killed for want of memory so far, by each counter that can be read: of the
 * container (cgroup v2, v1) and of the machine. Compare two readings.
 */
function readOomKills(): number[] {
  return COUNTERS.map(({ path, name }) => {
    try {
      const line = readFileSync(path, 'utf8')
        .split('\n')
        .find((text) => text.startsWith(`${name} `));
      return line ? Number(line.slice(name.length + 1)) : 0;
    } catch {
      return 0;
    }
  });
}

/** Tells whether the kernel has killed a process for want of memory just now, for one that ended by SIGKILL. */
export interface OomWatch {
  /** Whether it has within the last one to two intervals: what it did earlier concerned another process. */
  struck(): boolean;
  end(): void;
}

export function watchOomKills(read = readOomKills, intervalMs = INTERVAL_MS): OomWatch {
  let newer = read();
  let older = newer;
  const timer = setInterval(() => {
    older = newer;
    newer = read();
  }, intervalMs);
  timer.unref();
  return {
    struck: () => read().some((count, i) => count > (older[i] ?? 0)),
    end: () => clearInterval(timer),
  };
}
