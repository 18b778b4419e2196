// Computes one preview and ends: pixels of megabytes would hold up every other request of the process.
import { parentPort, workerData } from 'node:worker_threads';
import { previewGrid } from '@ravine/contracts';
import type { PreviewTask } from './compute.js';

const { images, samples, options } = workerData as PreviewTask;
parentPort?.postMessage(previewGrid(images, samples, options));
