import type { Purpose } from './protocol.js';

/**
 * The entry of every child process; the purpose is the first argument. Each purpose's code is loaded alone, so that a
 * process that decodes images holds no engine, and the other way round.
 */
const run: Record<Purpose, () => Promise<void>> = {
  probe: async () => (await import('./probe.js')).probe(),
  train: async () => (await import('./train.js')).train(),
  ingest: async () => (await import('./ingest.js')).ingestUpload(),
  predict: async () => (await import('./predict.js')).predictOnRequest(),
};

// Without its parent a child has nobody to tell its results; native code may be running, so no orderly exit.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// A terminal sends its signals to the whole group; the parent decides what they mean.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

const purpose = process.argv[2] as Purpose;
await run[purpose]();
