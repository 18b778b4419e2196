import { access } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, expect, it, vi } from 'vitest';
import { createStorage } from './create.js';
import { digest } from './digest.js';
import { partBytes, putFile } from './s3-transfer.js';
import type { Storage } from './storage.js';

/** S3 services that misbehave in ways that a healthy test server cannot show. */
let server: Server | undefined;
let storage: Storage | undefined;
afterEach(async () => {
  vi.restoreAllMocks();
  await storage?.close();
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
});

async function against(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Storage> {
  server = createServer((request, response) => {
    request.resume();
    request.on('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  storage = await createStorage(`s3://blobs/p?endpoint=http://127.0.0.1:${port}`, {
    credentials: { accessKeyId: 'id', secretAccessKey: 'hidden' },
  });
  return storage;
}

const failWith = (status: number, code: string) => (_: IncomingMessage, response: ServerResponse) =>
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>because</Message></Error>`);

const content = Buffer.from('twelve bytes');
const key = digest(content);

it.each([
  [403, 'SignatureDoesNotMatch', 'unavailable', 'check AWS_SECRET_ACCESS_KEY'],
  [403, 'AccessDenied', 'unavailable', 'they need to get, put, delete and list'],
  [507, 'XMinioStorageFull', 'full', 'free space there'],
  [503, 'SlowDown', 'unavailable', 'SlowDown: because'],
])('%i %s becomes %s', async (status, code, expected, text) => {
  vi.spyOn(Math, 'random').mockReturnValue(0); // the SDK pauses by chance before it tries again, up to 7 s in all
  const put = (await against(failWith(status, code))).put(content);
  await expect(put).rejects.toEqual(expect.objectContaining({ code: expected }));
  await expect(put).rejects.toThrow(text);
  const error: Error = await put.catch((thrown) => thrown);
  expect(error.cause).toBeUndefined();
});

it('sends the sha256 so that the service refuses bytes that changed on the way', async () => {
  const sent: IncomingMessage['headers'][] = [];
  const target = await against((request, response) => {
    sent.push(request.headers);
    response.end();
  });
  await target.put(content);
  expect(sent[0]?.['x-amz-checksum-sha256']).toBe(Buffer.from(key, 'hex').toString('base64'));
});

it('opens no file for a caller who has left', async () => {
  const file = { key, size: partBytes + 1, path: join(tmpdir(), 'ravine-removed-already') };
  const target = { client: new S3Client(), Bucket: 'blobs', Key: key };
  const left = AbortSignal.abort(new Error('stopped'));
  await expect(putFile(target, file, left)).rejects.toThrow('stopped');
  // An opened stream would fail by now, with nobody to hear it: that ends the process.
  await expect(access(file.path)).rejects.toThrow('ENOENT');
});

it('follows the pages of a long listing', async () => {
  const page = (blob: string, more: string) =>
    `<?xml version="1.0"?><ListBucketResult><Name>blobs</Name><Prefix>p/</Prefix>${more}<Contents><Key>p/${blob}</Key><Size>3</Size><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents></ListBucketResult>`;
  const target = await against((request, response) => {
    response.setHeader('content-type', 'application/xml');
    const second = request.url?.includes('continuation-token=next');
    const more = '<IsTruncated>true</IsTruncated><NextContinuationToken>next</NextContinuationToken>';
    response.end(second ? page('b'.repeat(64), '') : page('a'.repeat(64), more));
  });
  const listed = [];
  for await (const blob of target.list()) listed.push(blob);
  const modifiedAt = new Date('2026-01-02T03:04:05Z');
  expect(listed).toEqual([
    { key: 'a'.repeat(64), size: 3, modifiedAt },
    { key: 'b'.repeat(64), size: 3, modifiedAt },
  ]);
});

it('a body that breaks off is an error, never a short blob', async () => {
  const target = await against((_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 5));
    setTimeout(() => response.destroy(), 20);
  });
  await expect(target.read(key)).rejects.toEqual(expect.objectContaining({ code: 'unavailable' }));
  await expect(target.openRead(key).then(buffer)).rejects.toThrow();
});

it.each([
  ['another range', 'bytes 0-11/12', 'unavailable'],
  ['no range at all', undefined, 'unavailable'],
  ['a shortened range', 'bytes 0-2/3', 'range'],
])('refuses %s as the answer to a range', async (_name, contentRange, code) => {
  const target = await against((_, response) => {
    response.writeHead(206, { 'content-length': 12, ...(contentRange && { 'content-range': contentRange }) });
    response.end(content);
  });
  await expect(target.openRead(key, { start: 0, end: 5 })).rejects.toEqual(expect.objectContaining({ code }));
});
