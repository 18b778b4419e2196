// Loaded into every process of a cluster under test by NODE_OPTIONS=--import=…; see faults.mjs.
import { kind } from './faults.mjs';

if (kind !== null && process.env.CHAOS_FAULTS) {
  const { patchFiles } = await import('./patch-files.mjs');
  await patchFiles(kind);
  if (kind === 'child') {
    const { patchMessages } = await import('./patch-messages.mjs');
    patchMessages();
  } else {
    const { patchPostgres } = await import('./patch-postgres.mjs');
    patchPostgres(kind);
  }
  if (kind === 'api') {
    const { patchQueue } = await import('./patch-queue.mjs');
    patchQueue();
  }
}
