export { type Client, createClient } from './client.js';
export { RavineError } from './error.js';
export { type FileSource, fileOfBytes } from './multipart.js';
export type { CreateDatasetInput } from './resources/datasets.js';
export type { WatchOptions } from './resources/jobs.js';
export type { CallOptions, ClientOptions } from './transport.js';
