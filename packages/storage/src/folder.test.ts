import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStorage } from './create.js';
import { storageSuite } from './storage.suite.js';

const run = promisify(execFile);

storageSuite('folder storage', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ravine-folder-test-'));
  const storage = await createStorage(pathToFileURL(folder).href);
  return {
    storage,
    overwrite: (key, bytes) => writeFile(join(folder, 'blobs', key.slice(0, 2), key), bytes),
    async close() {
      await storage.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});

describe('folder storage', () => {
  let parent: string;
  let folder: string;
  const open = () => createStorage(pathToFileURL(folder).href);
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'ravine-folder-test-'));
    folder = join(parent, 'made', 'when missing');
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));

  it('is private to its user', async () => {
    const storage = await open();
    const { key } = await storage.put(Buffer.from('private'));
    const file = join(folder, 'blobs', key.slice(0, 2), key);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(file))).mode & 0o777).toBe(0o700);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(storage.describe()).toBe(`folder ${folder}`);
  });

  it('says nothing of its blobs while it is away, as before a mount', async () => {
    const storage = await open();
    const { key } = await storage.put(Buffer.from('mounted later'));
    await rename(join(folder, 'blobs'), join(folder, 'elsewhere'));
    const away = { code: 'unavailable', retryable: true };
    await expect(storage.read(key)).rejects.toMatchObject(away);
    await expect(storage.openRead(key)).rejects.toMatchObject(away);
    await expect(storage.copyToFile(key, join(folder, 'copy'))).rejects.toMatchObject(away);
    await expect(storage.stat(key)).rejects.toMatchObject(away);
    await rename(join(folder, 'elsewhere'), join(folder, 'blobs'));
    expect((await storage.read(key)).toString()).toBe('mounted later');
  });

  it('survives a second start, ignores foreign files, and removes only old leftovers of crashed writes', async () => {
    const { key } = await (await open()).put(Buffer.from('kept'));
    const [old, fresh] = ['old.part', 'fresh.part'].map((name) => join(folder, 'incoming', name));
    for (const path of [old!, fresh!]) await writeFile(path, 'half');
    await writeFile(join(folder, 'blobs', 'README'), 'foreign');
    const yesterday = new Date(Date.now() - 24 * 3600 * 1000);
    await utimes(old!, yesterday, yesterday);
    const storage = await open();
    expect(await readdir(join(folder, 'incoming'))).toEqual(['fresh.part']);
    expect((await storage.read(key)).toString()).toBe('kept');
    await utimes(fresh!, yesterday, yesterday);
    for await (const blob of storage.list()) expect(blob.key).toMatch(/^[0-9a-f]{64}$/);
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  });

  it('a writer that is killed leaves no blob, and the next start cleans up', async () => {
    const script = `
      const { createStorage } = await import(${JSON.stringify(import.meta.resolve('../dist/index.js'))});
      const storage = await createStorage(process.argv[1]);
      async function* content() {
        for (let i = 0; ; i += 1) {
          yield Buffer.alloc(65536, 1);
          if (i === 50) process.kill(process.pid, 'SIGKILL');
        }
      }
      await storage.put(content());`;
    const target = join(parent, 'crash');
    const child = run(process.execPath, ['--input-type=module', '-e', script, pathToFileURL(target).href]);
    await expect(child).rejects.toMatchObject({ signal: 'SIGKILL' });
    const [left] = await readdir(join(target, 'incoming'));
    const path = join(target, 'incoming', left!);
    expect((await stat(path)).size).toBeGreaterThan(0);
    const yesterday = new Date(Date.now() - 24 * 3600 * 1000);
    await utimes(path, yesterday, yesterday);
    const storage = await createStorage(pathToFileURL(target).href);
    expect(await readdir(join(target, 'incoming'))).toEqual([]);
    for await (const blob of storage.list()) expect.unreachable(`listed ${blob.key}`);
  });

  /** Fills the disk in a child process; `limit` is the shell text that makes its disk small. */
  const fill = async (target: string, limit: string) => {
    const script = `
      import { readdirSync } from 'node:fs';
      const { createStorage } = await import(${JSON.stringify(import.meta.resolve('../dist/index.js'))});
      const storage = await createStorage(process.argv[1]);
      async function* content() { for (let i = 0; i < 64; i += 1) yield Buffer.alloc(65536, i); }
      const { code, message } = await storage.put(content()).catch((error) => error);
      const { key } = await storage.put(Buffer.from('still fits'));
      console.log(JSON.stringify({ code, message, left: readdirSync(process.argv[2] + '/incoming'), still: (await storage.read(key)).toString() }));`;
    const command = `${limit}exec "$0" --input-type=module -e "$1" "$2" "$3"`;
    const args = [process.execPath, script, pathToFileURL(target).href, target];
    return { command, args };
  };
  const expectFull = (stdout: string) => {
    const { code, message, left, still } = JSON.parse(stdout);
    expect(code).toBe('full');
    expect(message).toContain('free space on its file system');
    expect(left).toEqual([]);
    expect(still).toBe('still fits');
  };

  it.skipIf(process.platform === 'win32')('a file that may not grow is refused as full', async () => {
    const { command, args } = await fill(join(parent, 'limited'), 'ulimit -f 1024; ');
    expectFull((await run('sh', ['-c', command, ...args])).stdout);
  });

  it('a full disk is refused as full, nothing is left, and small things still fit', async (context) => {
    const target = join(parent, 'full');
    const { command, args } = await fill(
      target,
      `mkdir -p '${target}'; mount -t tmpfs -o size=2m tmpfs '${target}' || exit 77; `,
    );
    const result = await run('unshare', ['-rm', 'sh', '-c', command, ...args]).catch((error) => error);
    if (result.code === 'ENOENT' || result.code === 77 || result.stderr?.includes('unshare failed')) {
      const why = 'needs permission to mount a small file system (unshare -rm)';
      console.warn(`skipped: full disk: ${why}`);
      return context.skip(why);
    }
    expectFull(result.stdout);
  });

  it('says unavailable when something else lies in its place', async () => {
    const taken = join(parent, 'taken');
    const storage = await createStorage(pathToFileURL(taken).href);
    await rm(join(taken, 'incoming'), { recursive: true });
    await writeFile(join(taken, 'incoming'), 'a file');
    const unavailable = expect.objectContaining({ code: 'unavailable', retryable: true });
    await expect(storage.check()).rejects.toEqual(unavailable);
    await expect(createStorage(pathToFileURL(taken).href)).rejects.toEqual(unavailable);
  });

  it('streams the first byte alone', async () => {
    const storage = await open();
    const { key } = await storage.put(Buffer.from('first'));
    expect((await buffer(await storage.openRead(key, { start: 0, end: 0 }))).toString()).toBe('f');
  });

  it('says unavailable when the folder has gone', async () => {
    const gone = join(parent, 'gone');
    const storage = await createStorage(pathToFileURL(gone).href);
    await rm(gone, { recursive: true });
    await expect(storage.check()).rejects.toEqual(expect.objectContaining({ code: 'unavailable' }));
    await expect(storage.check()).rejects.toThrow(gone);
  });
});
