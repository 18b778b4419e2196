import { createHash, randomBytes } from 'node:crypto';
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StorageErrorCode } from './error.js';
import type { Storage } from './storage.js';
import { memorySuite } from './storage-memory.suite.js';

/** A storage under test, with a way to damage what it keeps that goes around the interface. */
export interface StorageFixture {
  storage: Storage;
  /** Replaces the stored bytes of a blob. */
  overwrite(key: string, bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const absent = sha256(Buffer.from('never stored'));

async function* pieces(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

async function* thenFail(error: Error): AsyncGenerator<Uint8Array> {
  yield Buffer.from('begun');
  throw error;
}

async function keysOf(storage: Storage): Promise<string[]> {
  const keys: string[] = [];
  for await (const blob of storage.list()) keys.push(blob.key);
  return keys.sort();
}

/** `toEqual` looks at every byte by itself, which takes seconds for a large buffer. */
function expectBytes(actual: Buffer, expected: Buffer): void {
  expect({ length: actual.length, sha256: sha256(actual) }).toEqual({
    length: expected.length,
    sha256: sha256(expected),
  });
}

const refused = (code: StorageErrorCode) => expect.objectContaining({ name: 'StorageError', code });

/** What every implementation of `Storage` promises. */
export function storageSuite(name: string, open: () => Promise<StorageFixture>): void {
  describe(`${name}: conformance`, () => {
    let fixture: StorageFixture;
    let storage: Storage;
    let scratch: string;
    beforeAll(async () => {
      fixture = await open();
      storage = fixture.storage;
      scratch = await mkdtemp(join(tmpdir(), 'ravine-storage-test-'));
    });
    afterAll(async () => {
      await fixture.close();
      await rm(scratch, { recursive: true, force: true });
    });

    describe('put and read', () => {
      it('names content by its sha256 and gives it back', async () => {
        const content = randomBytes(1000);
        const blob = await storage.put(content);
        expect(blob).toEqual({ key: sha256(content), size: 1000 });
        expectBytes(await storage.read(blob.key), content);
        expect(await storage.stat(blob.key)).toEqual(blob);
      });

      it('joins the chunks of a stream, empty ones included', async () => {
        const blob = await storage.put(pieces(Buffer.from('a'), Buffer.alloc(0), Buffer.from('bc')));
        expect(await storage.read(blob.key)).toEqual(Buffer.from('abc'));
        expect(blob.key).toBe(sha256(Buffer.from('abc')));
      });

      it('takes a Node stream', async () => {
        const blob = await storage.put(Readable.from([Buffer.from('from a stream')], { objectMode: false }));
        expect((await storage.read(blob.key)).toString()).toBe('from a stream');
      });

      it('keeps empty content', async () => {
        const blob = await storage.put(pieces());
        expect(blob.size).toBe(0);
        expect(await storage.read(blob.key)).toHaveLength(0);
        expect(await buffer(await storage.openRead(blob.key))).toHaveLength(0);
        expect(await storage.stat(blob.key)).toEqual(blob);
      });

      it('stores the same content once, also when it arrives many times at once', async () => {
        const content = randomBytes(200_000);
        const before = (await keysOf(storage)).length;
        const blobs = await Promise.all(Array.from({ length: 8 }, () => storage.put(pieces(content))));
        expect(new Set(blobs.map((blob) => blob.key))).toEqual(new Set([sha256(content)]));
        expect(await keysOf(storage)).toHaveLength(before + 1);
        expectBytes(await storage.read(sha256(content)), content);
      });

      it('repairs a damaged blob when its content is put again', async () => {
        const content = randomBytes(500);
        const { key } = await storage.put(content);
        await fixture.overwrite(key, Buffer.from('damaged'));
        await storage.put(content);
        expectBytes(await storage.read(key), content);
      });
    });

    describe('refusals leave nothing behind', () => {
      it.each(['bytes', 'stream'])('more than maxBytes (%s)', async (kind) => {
        const content = randomBytes(1001);
        const source = () =>
          kind === 'bytes' ? content : pieces(content.subarray(0, 600), content.subarray(600));
        const before = await keysOf(storage);
        await expect(storage.put(source(), { maxBytes: 1000 })).rejects.toEqual(refused('too_large'));
        expect(await keysOf(storage)).toEqual(before);
        expect((await storage.put(source(), { maxBytes: 1001 })).size).toBe(1001);
      });

      it('an error of the source passes through unchanged', async () => {
        const before = await keysOf(storage);
        const error = Object.assign(new Error('the upload broke off'), { code: 'ENOENT' });
        await expect(storage.put(thenFail(error))).rejects.toBe(error);
        expect(await keysOf(storage)).toEqual(before);
      });

      it('an abort ends a transfer whose source is silent, with the reason', async () => {
        const before = await keysOf(storage);
        const abort = new AbortController();
        async function* silent(): AsyncGenerator<Uint8Array> {
          yield Buffer.from('begun');
          setImmediate(() => abort.abort(new Error('caller left')));
          await new Promise(() => {});
        }
        await expect(storage.put(silent(), { signal: abort.signal })).rejects.toThrow('caller left');
        expect(await keysOf(storage)).toEqual(before);
      });

      it('a signal that is aborted already stops everything', async () => {
        const signal = AbortSignal.abort(new Error('too late'));
        await expect(storage.put(Buffer.from('x'), { signal })).rejects.toThrow('too late');
        await expect(storage.put(pieces(Buffer.from('x')), { signal })).rejects.toThrow('too late');
      });
    });

    describe('openRead', () => {
      const content = randomBytes(300_000);
      let key: string;
      beforeAll(async () => {
        ({ key } = await storage.put(content));
      });

      it('streams all of it', async () => {
        expectBytes(await buffer(await storage.openRead(key)), content);
      });

      it.each([
        [0, 1],
        [0, 299_999],
        [299_999, 299_999],
        [1000, 200_000],
      ])('streams bytes %i to %i, both inclusive', async (start, end) => {
        const part = await buffer(await storage.openRead(key, { start, end }));
        expectBytes(part, content.subarray(start, end + 1));
      });

      it.each([
        [0, 300_000],
        [300_000, 300_000],
        [300_000, 400_000],
        [5, 4],
        [-1, 4],
        [0.5, 4],
        [0, Number.NaN],
      ])('refuses the range %d to %d', async (start, end) => {
        await expect(storage.openRead(key, { start, end })).rejects.toEqual(refused('range'));
      });

      it('refuses every range of an empty blob', async () => {
        const { key: empty } = await storage.put(Buffer.alloc(0));
        await expect(storage.openRead(empty, { start: 0, end: 0 })).rejects.toEqual(refused('range'));
      });

      it('can be left early', async () => {
        const stream = await storage.openRead(key);
        for await (const chunk of stream) {
          expect(chunk.length).toBeGreaterThan(0);
          break;
        }
        expect(stream.destroyed).toBe(true);
      });
    });

    describe('damage is found', () => {
      const cases: [string, (content: Buffer) => Buffer][] = [
        ['one flipped bit', (content) => Buffer.from(content).fill(content[7]! ^ 1, 7, 8)],
        ['a truncated blob', (content) => content.subarray(0, -1)],
        ['a longer blob', (content) => Buffer.concat([content, Buffer.from('!')])],
        ['an emptied blob', () => Buffer.alloc(0)],
      ];
      it.each(cases)('%s', async (_name, damage) => {
        const content = randomBytes(100_000);
        const { key } = await storage.put(content);
        const damaged = damage(content);
        await fixture.overwrite(key, damaged);
        await expect(storage.read(key)).rejects.toEqual(refused('corrupt'));
        let received = 0;
        const stream = (await storage.openRead(key)).on('data', (chunk: Buffer) => {
          received += chunk.length;
        });
        await expect(finished(stream)).rejects.toEqual(refused('corrupt'));
        expect(damaged.length - received).toBeGreaterThanOrEqual(Math.min(1, damaged.length)); // its end is never given
        const path = join(scratch, 'copy');
        await writeFile(path, 'what was there');
        await expect(storage.copyToFile(key, path)).rejects.toEqual(refused('corrupt'));
        expect(await readFile(path, 'utf8')).toBe('what was there');
        expect(await readdir(scratch)).toEqual(['copy']);
      });
    });

    it('copies a verified blob to a file and replaces an older one', async () => {
      const content = randomBytes(123_456);
      const { key } = await storage.put(content);
      const path = join(scratch, 'copy');
      await writeFile(path, 'older');
      await storage.copyToFile(key, path);
      expectBytes(await readFile(path), content);
    });

    it('says not_found for what is not there', async () => {
      await expect(storage.read(absent)).rejects.toEqual(refused('not_found'));
      await expect(storage.openRead(absent)).rejects.toEqual(refused('not_found'));
      await expect(storage.openRead(absent, { start: 0, end: 1 })).rejects.toEqual(refused('not_found'));
      await expect(storage.copyToFile(absent, join(scratch, 'absent'))).rejects.toEqual(refused('not_found'));
      await expect(access(join(scratch, 'absent'))).rejects.toThrow('ENOENT');
      expect(await storage.stat(absent)).toBeNull();
    });

    it.each(['', '../../etc/passwd', 'A'.repeat(64), `${absent}0`, `${absent.slice(1)}/`, `${absent}\n`])(
      'refuses the key %j everywhere',
      async (key) => {
        const calls = [
          () => storage.read(key),
          () => storage.openRead(key),
          () => storage.copyToFile(key, join(scratch, 'never')),
          () => storage.stat(key),
          () => storage.delete(key),
        ];
        for (const call of calls) await expect(call()).rejects.toEqual(refused('invalid_key'));
      },
    );

    it('deletes, also what is gone already', async () => {
      const { key } = await storage.put(randomBytes(10));
      await storage.delete(key);
      await storage.delete(key);
      expect(await storage.stat(key)).toBeNull();
      expect(await keysOf(storage)).not.toContain(key);
    });

    it('lists every blob with its size and time', async () => {
      const blob = await storage.put(randomBytes(77));
      const listed = [];
      for await (const item of storage.list()) listed.push(item);
      const found = listed.find((item) => item.key === blob.key);
      expect(found?.size).toBe(77);
      expect(Math.abs(Date.now() - found!.modifiedAt.getTime())).toBeLessThan(60_000);
    });

    it('is ready, and its check leaves nothing behind', async () => {
      const before = await keysOf(storage);
      await storage.check();
      expect(await keysOf(storage)).toEqual(before);
    });

    memorySuite(() => storage);
  });
}
