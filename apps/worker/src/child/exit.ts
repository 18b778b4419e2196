import { readFileSync } from 'node:fs';

/** How a child ended. */
export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last lines of its standard error. */
  stderr: string[];
  /** Whether the kernel's out-of-memory killer struck while it ran and it ended by SIGKILL, or it gave up itself. */
  outOfMemory: boolean;
  /** Whether somebody else ended it by SIGKILL: a person, an init system, a container's limit that nothing counts. */
  killed: boolean;
  /** Whether it was ended because it gave no sign of life. */
  frozen: boolean;
}

const COUNTERS = [
  { path: '/sys/fs/cgroup/memory.events', name: 'oom_kill' },
  { path: '/sys/fs/cgroup/memory/memory.oom_control', name: 'oom_kill' },
  { path: '/proc/vmstat', name: 'oom_kill' },
];

/**
 * How many processes the kernel has killed for want of memory so far, by each counter that can be read: of the
 * container (cgroup v2, v1) and of the machine. Compare two readings.
 */
export function readOomKills(): number[] {
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

/** What the C++ library and V8 print before they abort a process that gets no more memory. */
export const saysOutOfMemory = (signal: NodeJS.Signals | null, stderr: readonly string[]): boolean =>
  signal === 'SIGABRT' &&
  stderr.some((line) => /std::bad_alloc|heap out of memory|Fatal process out of memory/.test(line));

/** `abort() after "…"` in words, for messages to the user. */
export function describeExit({ code, signal }: Pick<ChildExit, 'code' | 'signal'>): string {
  return signal ? `was ended by signal ${signal}` : `ended with exit code ${code}`;
}
