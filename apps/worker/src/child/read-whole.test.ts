import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readWhole } from './read-whole.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ravine-read-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([0, 1, 16, 17, 40])('reads %d bytes in pieces of 16', async (size) => {
  const path = join(folder, `${size}.bin`);
  const bytes = Uint8Array.from({ length: size }, (_, i) => i);
  await writeFile(path, bytes);
  expect(await readWhole(path, 16)).toEqual(bytes);
});

it('says that a file is not there', async () => {
  await expect(readWhole(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
});
