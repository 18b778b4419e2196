import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConfigError } from './config.js';
import { lockDataFolder } from './lock.js';
import { processIdentity } from './process-identity.js';
import { writeServiceFile } from './service-file.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ravine-lock-'));
  file = path.join(folder, 'service.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('is taken once, names its holder and where it listens, and can be taken again after the release', async () => {
  const release = await lockDataFolder(folder);
  await expect(lockDataFolder(folder)).rejects.toThrow(`process ${process.pid} (it is still starting)`);
  await writeServiceFile(folder, { url: 'http://127.0.0.1:7070', pid: process.pid, startedAt: '' });
  await expect(lockDataFolder(folder)).rejects.toThrow(`process ${process.pid} at http://127.0.0.1:7070`);
  await release();
  await (await lockDataFolder(folder))();
  expect(readdirSync(folder)).toEqual(['service.json']);
});

it.each([
  ['a process that is gone', '1073741824 5'],
  ['an earlier process with the id of this one', `${process.pid} 1`],
  ['a start that was cut short', ''],
  ['something else', 'nonsense'],
])('of %s is taken over', async (_, holder) => {
  writeFileSync(file, holder);
  const release = await lockDataFolder(folder);
  expect(readFileSync(file, 'utf8')).toBe(processIdentity(process.pid));
  await release();
});

it('goes to exactly one of many that find a stale one', async () => {
  for (let round = 0; round < 20; round++) {
    writeFileSync(file, '1073741824 5');
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataFolder(folder)));
    const won = tries.filter((result) => result.status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const result of tries)
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ConfigError);
    await won[0]?.value();
    expect(readdirSync(folder)).toEqual([]);
  }
});
