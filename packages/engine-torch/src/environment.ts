/**
 * Environment variables for a process that trains, to be added before it starts: the C library, OpenMP and OpenBLAS
 * read them only once. They change speed, never results.
 *
 * - glibc hands the big activation buffers back to the kernel after every step, and gets each page of them anew. It
 *   keeps them when it takes nothing from mmap, never trims, and has no arena but the main one (the limits hold for
 *   that one only). 24 steps of the reference network met 8.5 million page faults before and 15,000 with these.
 * - Threads of OpenMP and OpenBLAS that wait give up the core at once instead of spinning, because a worker shares it
 *   with other processes: beside one busy neighbour a step took 105 ms instead of 455 ms.
 */
export const childEnvironment = (threads: number): Record<string, string> => ({
  GLIBC_TUNABLES: [
    'glibc.malloc.arena_max=1',
    'glibc.malloc.mmap_max=0',
    'glibc.malloc.trim_threshold=17179869184',
    'glibc.malloc.hugetlb=1',
  ].join(':'),
  OMP_NUM_THREADS: String(threads),
  OMP_WAIT_POLICY: 'passive',
  OPENBLAS_NUM_THREADS: String(threads),
  OPENBLAS_THREAD_TIMEOUT: '4',
});

/**
 * Arguments of Node for a process that trains. When little is allocated for some seconds V8 shrinks its heap to save a few
 * megabytes: while the cores compute, that blocks the event loop for 10 to 25 ms.
 */
export const CHILD_ARGUMENTS = ['--no-memory-reducer'];
