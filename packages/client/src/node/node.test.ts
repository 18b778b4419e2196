import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileFromDisk, folderAsTar, save } from './index.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ravine-node-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('reads a file as often as it is asked', async () => {
  const file = path.join(folder, 'a.bin');
  writeFileSync(file, Buffer.alloc(700_000, 7));
  const source = await fileFromDisk(file);
  expect(source.fileName).toBe('a.bin');
  for (let i = 0; i < 2; i++)
    expect((await buffer(source.open())).equals(Buffer.alloc(700_000, 7))).toBe(true);
  await expect(fileFromDisk(folder)).rejects.toThrow('not a regular file');
});

it('packs a folder without links and hidden files, always into the same bytes', async () => {
  mkdirSync(path.join(folder, 'cat'));
  writeFileSync(path.join(folder, 'cat/b.png'), 'bb');
  writeFileSync(path.join(folder, 'cat/a.png'), 'a');
  writeFileSync(path.join(folder, 'cat/.DS_Store'), 'x');
  symlinkSync('/etc/passwd', path.join(folder, 'cat/c.png'));
  const source = await folderAsTar(folder);
  const tar = await buffer(source!.open());
  expect((await buffer(source!.open())).equals(tar)).toBe(true);
  const names: string[] = [];
  const entries = extract();
  entries.end(tar);
  for await (const entry of entries) {
    names.push(entry.header.name);
    entry.resume();
  }
  expect(names).toEqual(['cat/a.png', 'cat/b.png']);
  expect(await folderAsTar(path.join(folder, 'cat/a.png'))).toBeNull();
  mkdirSync(path.join(folder, 'empty/dog'), { recursive: true });
  await expect(folderAsTar(path.join(folder, 'empty'))).rejects.toThrow('holds no files');
});

it('saves an answer whole and verified, or not at all', async () => {
  const content = Buffer.from('weights');
  const sha256 = createHash('sha256').update(content).digest('hex');
  const file = path.join(folder, 'model.safetensors');
  expect(await save(new Response(content), file, sha256)).toEqual({ bytes: 7 });
  expect(readFileSync(file, 'utf8')).toBe('weights');
  const other = path.join(folder, 'other');
  await expect(save(new Response('tampered'), other, sha256)).rejects.toThrow('sha256');
  expect(readdirSync(folder)).toEqual(['model.safetensors']);
});
