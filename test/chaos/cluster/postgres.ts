import { readFile } from 'node:fs/promises';
import type { TestPostgres } from '../../support/postgres.js';

export type ChaosPostgres = Pick<TestPostgres, 'freshDatabase' | 'dataFolder'>;

/** Kills the server of the tests; whoever started it brings it back within a second or two. */
export async function crashPostgres({ dataFolder }: ChaosPostgres): Promise<void> {
  if (dataFolder === null) throw new Error('the server of DATABASE_URL is not ours to stop');
  const pid = Number((await readFile(`${dataFolder}/postmaster.pid`, 'utf8')).split('\n')[0]);
  // SIGQUIT: at once, with no checkpoint of its own; what was not committed is rolled back at the next start.
  process.kill(pid, 'SIGQUIT');
}
