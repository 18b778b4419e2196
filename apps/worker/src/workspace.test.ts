import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openWorkspace } from './workspace.js';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'ravine-workspace-'));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

test('a folder that others removed, while this process was stopped, is there again', async () => {
  const workspace = await openWorkspace(parent, 'wkr_1');
  await rm(join(parent, 'wkr_1'), { recursive: true });
  await workspace.touch();
  expect(await readdir(parent)).toEqual(['wkr_1']);
  await rm(join(parent, 'wkr_1'), { recursive: true });
  await workspace.lend('job', async (folder) => expect((await stat(folder)).isDirectory()).toBe(true));
  await workspace.close();
  expect(await readdir(parent)).toEqual([]);
});
