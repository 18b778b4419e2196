import { readFileSync } from 'node:fs';

/** Most memory that this process ever held, in MiB. Not maxrss of getrusage: that of a child starts at its parent's. */
export const peakMiB = () =>
  Number(readFileSync('/proc/self/status', 'utf8').match(/VmHWM:\s+(\d+)/)[1]) / 1024;
