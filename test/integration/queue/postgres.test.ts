import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startEmbedded } from '@ravine/database/embedded';
import pg from 'pg';
import { queueSuite } from './queue.suite.js';

// Always a server of its own, not that of DATABASE_URL: these tests stop it.
queueSuite('queue on PostgreSQL', async () => {
  const base = await mkdtemp(path.join(os.tmpdir(), 'ravine-queue-'));
  await chmod(base, 0o711); // PostgreSQL drops to another user when the tests run as root
  const dir = path.join(base, 'server');
  let server = await startEmbedded({ dir });
  return {
    options: { databaseUrl: server.url },
    stop: () => server.stop(),
    async start() {
      server = await startEmbedded({ dir });
    },
    async drop() {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      const others = 'from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()';
      await client.query(`select pg_terminate_backend(pid) ${others}`).finally(() => client.end());
    },
    async close() {
      await server.stop();
      await rm(base, { recursive: true, force: true });
    },
  };
});
