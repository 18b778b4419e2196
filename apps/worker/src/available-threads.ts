import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * Threads that may really run at once: the cores of the affinity mask, cut to the CPU quota of a container. An engine
 * with more threads than that spends its time waiting at barriers.
 */
export function availableThreads(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(cpuQuota() ?? Number.POSITIVE_INFINITY)));
}

/** Cores of the container's CPU quota (cgroup v2, then v1), or null without one. */
function cpuQuota(): number | null {
  const unified = readText('/sys/fs/cgroup/cpu.max')?.split(' ');
  const [quota, period] = unified ?? [
    readText('/sys/fs/cgroup/cpu/cpu.cfs_quota_us'),
    readText('/sys/fs/cgroup/cpu/cpu.cfs_period_us'),
  ];
  const cores = Number(quota) / Number(period);
  return Number.isFinite(cores) && cores > 0 ? cores : null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
