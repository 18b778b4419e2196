import { describe, expect, it } from 'vitest';
import { createStorage, storageEnvironment, storageOptions } from './create.js';
import { parseS3Address } from './s3-address.js';

describe('createStorage', () => {
  it.each([
    ['', 'file:///folder or s3://'],
    ['/var/data', 'file:///folder or s3://'],
    ['https://bucket', 'file:///folder or s3://'],
    ['file://relative/folder', 'three slashes'],
    ['file:///', 'three slashes'],
    ['file:///data?x=1', 'nothing after the path'],
    ['s3://', 'bucket'],
    ['s3://a', 'bucket'],
    ['s3://bucket?endpoint=minio:9000', 'endpoint: must be an http or https URL'],
    ['s3://bucket?endpoint=ftp://minio', 'endpoint: must be an http or https URL'],
    ['s3://bucket?forcePathStyle=yes', "forcePathStyle: must be 'true' or 'false'"],
    ['s3://bucket?colour=red', 'known: endpoint, region, forcePathStyle'],
  ])('refuses %j and says why', async (url, rule) => {
    const refusal = createStorage(url);
    await expect(refusal).rejects.toEqual(expect.objectContaining({ code: 'invalid_url', retryable: false }));
    await expect(refusal).rejects.toThrow(rule);
  });

  it.each(['s3://key:hidden@bucket/a', 's3://bucket?endpoint=http://key:hidden@minio:9000'])(
    'refuses credentials in %j without repeating them',
    async (url) => {
      const error: Error = await createStorage(url).catch((thrown) => thrown);
      expect(error.message).toContain('AWS_ACCESS_KEY_ID');
      expect(error.message).not.toContain('hidden');
    },
  );

  it('reads every part of an S3 address', () => {
    expect(
      parseS3Address(new URL('s3://my-bucket/a/b/?endpoint=http://h:9000&region=eu&forcePathStyle=false')),
    ).toEqual({
      bucket: 'my-bucket',
      prefix: 'a/b/',
      endpoint: 'http://h:9000',
      region: 'eu',
      forcePathStyle: false,
    });
    expect(parseS3Address(new URL('s3://my-bucket'))).toEqual({
      bucket: 'my-bucket',
      prefix: '',
      endpoint: undefined,
      region: 'us-east-1',
      forcePathStyle: false,
    });
    expect(parseS3Address(new URL('s3://my-bucket?endpoint=http://h')).forcePathStyle).toBe(true);
  });
});

describe('the environment', () => {
  it('accepts folder and S3 URLs only', () => {
    expect(storageEnvironment.safeParse({ STORAGE_URL: 'file:///data' }).success).toBe(true);
    expect(storageEnvironment.safeParse({ STORAGE_URL: 's3://bucket' }).success).toBe(true);
    expect(storageEnvironment.safeParse({}).success).toBe(true);
    expect(storageEnvironment.safeParse({ STORAGE_URL: '/data' }).success).toBe(false);
  });

  it('turns keys into credentials, both or none', () => {
    expect(storageOptions({})).toEqual({});
    expect(storageOptions({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' })).toEqual({
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    expect(() => storageOptions({ AWS_ACCESS_KEY_ID: 'a' })).toThrow('must be set together');
  });
});
