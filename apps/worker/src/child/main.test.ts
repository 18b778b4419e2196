import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const ENTRY = new URL('../../dist/child/main.js', import.meta.url);

test.runIf(process.platform === 'linux')(
  'a child is what Linux ends first when memory runs out',
  async () => {
    const child = fork(ENTRY, ['ingest'], { serialization: 'advanced' });
    try {
      const score = () => readFileSync(`/proc/${child.pid}/oom_score_adj`, 'utf8').trim();
      await expect.poll(score).toBe('1000');
    } finally {
      child.kill('SIGKILL');
    }
  },
);
