import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('of many processes that find the lock of a dead one, each gets it alone', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ravine-setup-'));
  const log = path.join(folder, 'log');
  writeFileSync(path.join(folder, 'setup.lock'), '1073741824 5');
  const program = `
    const { withLock } = await import(${JSON.stringify(new URL('./lock.mjs', import.meta.url).href)});
    const { appendFileSync } = await import('node:fs');
    await withLock(async () => {
      appendFileSync(${JSON.stringify(log)}, 'in ');
      await new Promise((resolve) => setTimeout(resolve, 50));
      appendFileSync(${JSON.stringify(log)}, 'out ');
    }, ${JSON.stringify(folder)});`;
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  await Promise.all(Array.from({ length: 4 }, run));
  expect(readFileSync(log, 'utf8')).toBe('in out '.repeat(4));
  expect(readdirSync(folder)).toEqual(['log']);
  rmSync(folder, { recursive: true });
});
