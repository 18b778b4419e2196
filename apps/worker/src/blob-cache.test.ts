import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBlobCache } from './blob-cache.js';

const keyOf = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('openBlobCache', () => {
  let folder: string;
  let copies: string[];
  const blobs = new Map(['one', 'two', 'three'].map((text) => [keyOf(text), text]));
  const storage = {
    async copyToFile(key: string, to: string) {
      copies.push(key);
      await writeFile(to, blobs.get(key) ?? '');
    },
  };
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'ravine-cache-'));
    copies = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('fetches once, also when asked twice at the same time', async () => {
    const cache = await openBlobCache({ storage, folder, maxBytes: 100 });
    const key = keyOf('one');
    const [a, b] = await Promise.all([cache.fetch(key), cache.fetch(key)]);
    expect(a).toBe(b);
    expect(await readFile(await cache.fetch(key), 'utf8')).toBe('one');
    expect(copies).toEqual([key]);
  });

  it('replaces a copy that was damaged', async () => {
    const cache = await openBlobCache({ storage, folder, maxBytes: 100 });
    const file = await cache.fetch(keyOf('one'));
    await writeFile(file, 'onf');
    expect(await readFile(await cache.fetch(keyOf('one')), 'utf8')).toBe('one');
  });

  it('makes room by what was not used for the longest time, and never by what may be in use', async () => {
    const cache = await openBlobCache({ storage, folder, maxBytes: 5 });
    const longAgo = new Date(Date.now() - 3600_000);
    const [one, two] = [await cache.fetch(keyOf('one')), await cache.fetch(keyOf('two'))];
    await utimes(one, longAgo, longAgo);
    await cache.fetch(keyOf('three'));
    expect((await readdir(folder)).sort()).toEqual([path.basename(two), keyOf('three')].sort());
  });
});
