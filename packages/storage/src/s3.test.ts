import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStorage, storageOptions } from './create.js';
import type { Storage } from './storage.js';
import { storageSuite } from './storage.suite.js';

const require = createRequire(import.meta.url); // s3rver has no types
const S3rver = require('s3rver') as new (
  options: object,
) => { run(): Promise<AddressInfo>; close(): Promise<void> };

const options = storageOptions({ AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' });

/** A real S3 server in this process, with an empty bucket `blobs`. */
async function startServer() {
  const directory = await mkdtemp(join(tmpdir(), 'ravine-s3-test-'));
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory,
    configureBuckets: [{ name: 'blobs', configs: [] }],
  });
  const { port } = await server.run();
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, ...options });
  return {
    endpoint,
    client,
    async close() {
      client.destroy();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

storageSuite('s3 storage', async () => {
  const server = await startServer();
  const storage = await createStorage(`s3://blobs/team/a?endpoint=${server.endpoint}`, options);
  return {
    storage,
    async overwrite(key, Body) {
      await server.client.send(new PutObjectCommand({ Bucket: 'blobs', Key: `team/a/${key}`, Body }));
    },
    async close() {
      await storage.close();
      await server.close();
    },
  };
});

describe('s3 storage', () => {
  let server: Awaited<ReturnType<typeof startServer>>;
  let spoolFolder: string;
  const opened: Storage[] = [];
  const open = async (path: string, more = '') => {
    const url = `s3://${path}?endpoint=${server.endpoint}${more}`;
    const storage = await createStorage(url, { ...options, spoolFolder });
    opened.push(storage);
    return storage;
  };
  beforeAll(async () => {
    server = await startServer();
    spoolFolder = await mkdtemp(join(tmpdir(), 'ravine-spool-test-'));
  });
  afterAll(async () => {
    for (const storage of opened) await storage.close();
    await server.close();
    await rm(spoolFolder, { recursive: true, force: true });
  });

  it('keeps prefixes apart and ignores foreign objects', async () => {
    const [a, b] = [await open('blobs/one'), await open('blobs/one-more')];
    const { key } = await a.put(Buffer.from('a'));
    await server.client.send(new PutObjectCommand({ Bucket: 'blobs', Key: 'one/notes.txt', Body: 'mine' }));
    const keys = [];
    for await (const blob of a.list()) keys.push(blob.key);
    expect(keys).toEqual([key]);
    expect(await b.stat(key)).toBeNull();
    await server.client.send(new DeleteObjectCommand({ Bucket: 'blobs', Key: 'one/notes.txt' }));
  });

  it('leaves nothing in the spool folder, whatever happens', async () => {
    const storage = await open('blobs/spool');
    async function* content() {
      for (let i = 0; i < 9; i += 1) yield Buffer.alloc(1 << 20, i);
    }
    const { key } = await storage.put(content());
    expect((await storage.stat(key))?.size).toBe(9 << 20);
    await expect(storage.put(content(), { maxBytes: 5 << 20 })).rejects.toThrow('larger than the allowed');
    await expect((await open('missing-bucket')).put(content())).rejects.toThrow('bucket does not exist');
    expect(await readdir(spoolFolder)).toEqual([]);
  });

  it('an abort in the middle of a multipart upload leaves no object', async () => {
    const storage = await open('blobs/aborted');
    const abort = new AbortController();
    async function* content() {
      for (let i = 0; i < 20; i += 1) yield Buffer.alloc(1 << 20, i);
      setTimeout(() => abort.abort(new Error('stopped')), 5); // the spooling ends now, the upload begins
    }
    await expect(storage.put(content(), { signal: abort.signal })).rejects.toThrow('stopped');
    const left = [];
    for await (const blob of storage.list()) left.push(blob);
    expect(left).toEqual([]);
    expect(await readdir(spoolFolder)).toEqual([]);
  });

  it('says what to do about a missing bucket and an unknown key', async () => {
    const unavailable = expect.objectContaining({ code: 'unavailable', retryable: true });
    const missing = await open('missing-bucket');
    await expect(missing.check()).rejects.toEqual(unavailable);
    await expect(missing.check()).rejects.toThrow('the bucket does not exist; create it');
    const wrong = await createStorage(`s3://blobs/x?endpoint=${server.endpoint}`, {
      credentials: { accessKeyId: 'unknown', secretAccessKey: 'S3RVER' },
    });
    opened.push(wrong);
    await expect(wrong.check()).rejects.toThrow('check AWS_ACCESS_KEY_ID');
  });

  it('says unavailable when nothing answers', async () => {
    const storage = await createStorage('s3://blobs?endpoint=http://127.0.0.1:2', options);
    await expect(storage.read('a'.repeat(64))).rejects.toEqual(
      expect.objectContaining({ code: 'unavailable' }),
    );
    await storage.close();
  });

  it('describes itself without secrets', async () => {
    expect((await open('blobs/a/b/', '&region=eu-west-1')).describe()).toBe(
      `s3://blobs/a/b/ at ${server.endpoint}`,
    );
  });
});
