export { createStorage, type StorageEnvironment, storageEnvironment, storageOptions } from './create.js';
export { StorageError, type StorageErrorCode } from './error.js';
export type { S3Options } from './s3.js';
export type { Blob, ByteRange, PutOptions, Storage } from './storage.js';
