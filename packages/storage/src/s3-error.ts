import { S3ServiceException } from '@aws-sdk/client-s3';
import { notFound } from './digest.js';
import { StorageError } from './error.js';

const advice: Record<string, string> = {
  NoSuchBucket: 'the bucket does not exist; create it',
  AccessDenied:
    'the credentials may not do this; they need to get, put, delete and list objects of the bucket',
  Forbidden: 'the credentials may not do this; they need to get, put, delete and list objects of the bucket',
  InvalidAccessKeyId: 'the access key is unknown; check AWS_ACCESS_KEY_ID',
  SignatureDoesNotMatch: 'the secret key is wrong; check AWS_SECRET_ACCESS_KEY',
  CredentialsProviderError: 'no credentials found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
};

export function isMissing(error: unknown): boolean {
  return error instanceof S3ServiceException && (error.name === 'NoSuchKey' || error.name === 'NotFound');
}

/**
 * Translates what the SDK throws; `action` says what was tried, e.g. `read blob ab…`. The SDK's own error is not kept as
 * the cause: it holds the request with its authorization header.
 */
export function s3Error(error: unknown, action: string, place: string, key?: string): StorageError {
  if (error instanceof StorageError) return error;
  if (key !== undefined && isMissing(error)) return notFound(key);
  const name = error instanceof Error ? error.name : 'Error';
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  if (status === 507 || name === 'XMinioStorageFull' || name === 'QuotaExceeded') {
    const message = `no space left in ${place}: free space there, or delete datasets, jobs or models that are no longer needed; nothing was kept of this write`;
    return new StorageError('full', message);
  }
  const reason = advice[name] ?? `${name}: ${(error instanceof Error && error.message) || codeOf(error)}`;
  return new StorageError('unavailable', `could not ${action} in ${place}: ${reason}`);
}

/** Failed connections to a name with several addresses carry a code and no message. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no reason given';
}
