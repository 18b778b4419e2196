import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { StorageError } from './error.js';
import { assertRange, type Blob, type ByteRange } from './storage.js';

/** Up to here one request does; above, parts of this size are sent two at a time, so this bounds the memory too. */
export const partBytes = 8 << 20;
const maxParts = 10_000;

/** One object of an S3 service. */
export interface ObjectTarget {
  client: S3Client;
  Bucket: string;
  Key: string;
}

/** Sends a small blob; the service compares the sha256 that it computes itself. */
export async function putBytes(
  { client, ...target }: ObjectTarget,
  bytes: Uint8Array,
  key: string,
  signal?: AbortSignal,
): Promise<void> {
  const ChecksumSHA256 = Buffer.from(key, 'hex').toString('base64');
  const command = new PutObjectCommand({ ...target, Body: bytes, ChecksumSHA256 });
  await client.send(command, signal ? { abortSignal: signal } : {});
}

/** Sends a finished file under its final name; the object appears only when all of it has arrived. */
export async function putFile(
  target: ObjectTarget,
  file: Blob & { path: string },
  signal?: AbortSignal,
): Promise<void> {
  if (file.size <= partBytes) return putBytes(target, await readFile(file.path), file.key, signal);
  signal?.throwIfAborted(); // before the file is opened: nobody would close it
  const { client, ...place } = target;
  const body = createReadStream(file.path, { highWaterMark: 1 << 20 });
  const upload = new Upload({
    client,
    params: { ...place, Body: body },
    partSize: Math.max(partBytes, Math.ceil(file.size / maxParts)),
    queueSize: 2,
  });
  const stop = () => void upload.abort();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await upload.done();
  } finally {
    signal?.removeEventListener('abort', stop);
    body.destroy();
  }
}

/** The bytes of an object, or a part of them; a part that leaves the object is refused. */
export async function getObject({ client, ...target }: ObjectTarget, range?: ByteRange): Promise<Readable> {
  if (range) assertRange(range, Number.POSITIVE_INFINITY);
  const command = new GetObjectCommand({
    ...target,
    ...(range && { Range: `bytes=${range.start}-${range.end}` }),
  });
  const { Body, ContentRange } = await client.send(command).catch((error: unknown) => {
    if (range && error instanceof Error && error.name === 'InvalidRange') throw outside(range);
    throw error;
  });
  const stream = Body as Readable; // always a Node stream with the Node request handler
  const mistake = range && rangeMistake(range, ContentRange);
  if (mistake) {
    stream.destroy();
    throw mistake;
  }
  return stream;
}

/** S3 shortens a range that leaves the object, and some servers answer another range than was asked for. */
function rangeMistake(range: ByteRange, contentRange: string | undefined): StorageError | undefined {
  const answered = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange ?? '');
  const [start, end, total] = (answered ?? []).slice(1).map(Number);
  if (total !== undefined && range.end >= total) return outside(range);
  if (start === range.start && end === range.end) return undefined;
  return new StorageError(
    'unavailable',
    `range ${range.start}–${range.end}: the S3 service answered ${contentRange ?? 'without Content-Range'}`,
  );
}

function outside({ start, end }: ByteRange): StorageError {
  return new StorageError('range', `range ${start}–${end}: must lie inside the blob`);
}
