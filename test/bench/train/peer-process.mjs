import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { startContestant } from './contestant.mjs';

/** Debian's PyTorch belongs to Debian's Python, whatever comes first on the PATH. */
export const DEBIAN_PYTHON = '/usr/bin/python3';

/** Why there is no peer to compare with, or null. */
export function peerMissing(python) {
  const { status, stderr, error } = spawnSync(python, ['-c', 'import torch'], { encoding: 'utf8' });
  if (status === 0) return null;
  const why = error?.message ?? stderr.trim().split('\n').at(-1);
  return `${python} cannot import torch (${why})`;
}

/** The settings that make PyTorch fastest here: wide vectors where the processor has them, memory that is kept, huge pages. */
export function peerEnvironment(threads, env = process.env) {
  const wide = /\bavx512bw\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
  return {
    ...env,
    ...(wide ? { ATEN_CPU_CAPABILITY: 'avx512' } : {}),
    GLIBC_TUNABLES: [
      'glibc.malloc.trim_threshold=17179869184',
      'glibc.malloc.mmap_threshold=17179869184',
      'glibc.malloc.hugetlb=1',
    ].join(':'),
    OMP_NUM_THREADS: String(threads),
    OPENBLAS_NUM_THREADS: String(threads),
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

/** One of the Python programs beside this file. */
export const startPeer = (script, { python, threads }) =>
  startContestant(python, [path.join(import.meta.dirname, script)], peerEnvironment(threads));
