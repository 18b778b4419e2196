export { type WorkerEnvironment, type WorkerSettings, workerSettings } from './config.js';
export type { WorkerEngine } from './engines.js';
export type { WorkerLog, WorkerParts } from './parts.js';
export { createWorker, type Worker } from './worker.js';
