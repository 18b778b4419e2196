import { writeFileSync } from 'node:fs';
import type { Purpose } from './protocol.js';
import { giveSignsOfLife } from './sign-of-life.js';

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

// Where memory runs out, Linux ends this process before the worker, the database or whatever else runs on the machine.
try {
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Another system, or one that forbids it: the largest process goes first, which mostly is this one.
}

giveSignsOfLife();

const purpose = process.argv[2] as Purpose;
await run[purpose]();
