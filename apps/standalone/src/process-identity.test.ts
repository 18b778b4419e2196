import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { nameOf, parentOf, processIdentity } from './process-identity.js';

test.runIf(process.platform === 'linux')(
  'a process is known by its name, its parent and its start',
  async () => {
    const child = spawn('sh', ['-c', 'echo up; read line'], { stdio: ['pipe', 'pipe', 'ignore'] });
    const pid = child.pid as number;
    await once(child.stdout, 'data');
    expect([nameOf(pid), parentOf(pid)]).toEqual(['sh', process.pid]);
    expect(processIdentity(pid)).toMatch(new RegExp(`^${pid} \\d+$`));
    child.stdin.end();
    await once(child, 'close');
    expect([nameOf(pid), parentOf(pid), processIdentity(pid)]).toEqual([null, null, null]);
  },
);
