import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { checkStorage } from './check.js';
import { assertSize, corrupt, digest, verifier } from './digest.js';
import type { S3Address } from './s3-address.js';
import { isMissing, s3Error } from './s3-error.js';
import { getObject, type ObjectTarget, partBytes, putBytes, putFile } from './s3-transfer.js';
import { assertKey, type Blob, isKey, type Storage } from './storage.js';
import { createFolder, publish, sweepTemporary, writeTemporary } from './temporary-file.js';

export interface S3Options {
  /** Without these the SDK looks where it always does (environment, profile, instance role). */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** Where uploads wait until their digest is known; needs room for the largest blob. Default: a new temporary folder. */
  spoolFolder?: string;
}

/**
 * Blobs as objects `<prefix><key>` of one bucket. An upload is spooled to a local file first, since its key is known
 * only at its end. Uploads of many parts that a crash cut off are invisible but cost space: give the bucket a lifecycle
 * rule that ends incomplete uploads.
 */
export async function openS3Storage(address: S3Address, options: S3Options = {}): Promise<Storage> {
  const { bucket, prefix } = address;
  const place = `s3://${bucket}/${prefix}${address.endpoint ? ` at ${new URL(address.endpoint).origin}` : ''}`;
  const client = new S3Client(clientConfig(address, options));
  const spool = options.spoolFolder ?? (await mkdtemp(join(tmpdir(), 'ravine-spool-')));
  await createFolder(spool);
  await sweepTemporary(spool);

  const target = (key: string): ObjectTarget => {
    assertKey(key);
    return { client, Bucket: bucket, Key: prefix + key };
  };
  const attempt = <T>(
    action: string,
    key: string,
    work: (object: ObjectTarget) => Promise<T>,
  ): Promise<T> => {
    const object = target(key);
    return work(object).catch((error) => {
      throw s3Error(error, `${action} blob ${key}`, place, key);
    });
  };
  const upload = (
    key: string,
    signal: AbortSignal | undefined,
    work: (object: ObjectTarget) => Promise<void>,
  ) =>
    attempt('store', key, work).catch((error) => {
      throw signal?.aborted ? signal.reason : error;
    });
  const openWhole = async (key: string) =>
    pipeline(await attempt('read', key, getObject), verifier(key), () => {});

  const storage: Omit<Storage, 'check'> = {
    async put(source, { maxBytes = Number.POSITIVE_INFINITY, signal } = {}) {
      signal?.throwIfAborted();
      if (source instanceof Uint8Array && source.length <= partBytes) {
        assertSize(source.length, maxBytes);
        const key = digest(source);
        await upload(key, signal, (object) => putBytes(object, source, key, signal));
        return { key, size: source.length };
      }
      const file = await writeTemporary(spool, source, { maxBytes, ...(signal && { signal }) });
      try {
        await upload(file.key, signal, (object) => putFile(object, file, signal));
        return { key: file.key, size: file.size };
      } finally {
        await rm(file.path, { force: true });
      }
    },
    async read(key) {
      const bytes = await attempt('read', key, async (object) => buffer(await getObject(object)));
      if (digest(bytes) !== key) throw corrupt(key);
      return bytes;
    },
    async openRead(key, range) {
      return range ? attempt('read', key, (object) => getObject(object, range)) : openWhole(key);
    },
    async copyToFile(key, path) {
      const temporary = await writeTemporary(dirname(path), await openWhole(key), {});
      await publish(temporary.path, path);
    },
    async stat(key) {
      return attempt('look up', key, async ({ client, ...object }) => {
        const head = await client.send(new HeadObjectCommand(object)).catch((error) => {
          if (isMissing(error)) return null;
          throw error;
        });
        return head && { key, size: head.ContentLength ?? 0 };
      });
    },
    async delete(key) {
      await attempt('delete', key, ({ client, ...object }) => client.send(new DeleteObjectCommand(object)));
    },
    list: () => listObjects(client, bucket, prefix, place),
    describe: () => place,
    async close() {
      client.destroy();
      if (options.spoolFolder === undefined) await rm(spool, { recursive: true, force: true });
    },
  };
  return { ...storage, check: () => checkStorage(storage) };
}

function clientConfig(
  { endpoint, region, forcePathStyle }: S3Address,
  { credentials }: S3Options,
): S3ClientConfig {
  return {
    region,
    forcePathStyle,
    ...(credentials && { credentials }),
    // Not every S3-compatible server knows the newer checksums; sha256 is verified here anyway.
    ...(endpoint && { endpoint, requestChecksumCalculation: 'WHEN_REQUIRED' }),
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000 },
  };
}

async function* listObjects(
  client: S3Client,
  bucket: string,
  prefix: string,
  place: string,
): AsyncGenerator<Blob & { modifiedAt: Date }> {
  try {
    for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
      for (const object of page.Contents ?? []) {
        const key = object.Key?.slice(prefix.length) ?? '';
        if (isKey(key)) yield { key, size: object.Size ?? 0, modifiedAt: object.LastModified ?? new Date() };
      }
    }
  } catch (error) {
    throw s3Error(error, 'list blobs', place);
  }
}
