import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startEmbedded } from '@ravine/database/embedded';
import pg from 'pg';

export interface TestPostgres {
  url: string;
  /** URL of a new, empty database on it. */
  freshDatabase(): Promise<string>;
  /** Data of the server that was started here, for tests that kill it; null when it is DATABASE_URL's. */
  dataFolder: string | null;
  /** Drops the databases that were made here and ends the server if it was started here. */
  stop(): Promise<void>;
}

/**
 * The server of DATABASE_URL (its user must be allowed to create databases), else the one that the test files of a group
 * share, else an embedded one of its own.
 */
export async function testPostgres(): Promise<TestPostgres> {
  const given = process.env.DATABASE_URL ?? process.env.RAVINE_TEST_POSTGRES;
  const server = given ? { url: given, dataFolder: null, stop: async () => {} } : await embedded();
  const made: string[] = [];
  const admin = async (statement: string) => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  return {
    url: server.url,
    dataFolder: server.dataFolder,
    async freshDatabase() {
      const name = `ravine_test_${randomBytes(6).toString('hex')}`;
      await admin(`create database ${name} template template0`);
      made.push(name);
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      return url.href;
    },
    async stop() {
      for (const name of made.splice(0)) await admin(`drop database if exists ${name} with (force)`);
      await server.stop();
    },
  };
}

async function embedded() {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'ravine-postgres-'));
  await chmod(dir, 0o711); // PostgreSQL drops to another user when the tests run as root
  const server = await startEmbedded({ dir });
  const elsewhere = (await readFile(path.join(dir, 'LOCATION'), 'utf8').catch(() => '')).trim();
  return {
    url: server.url,
    dataFolder: path.join(elsewhere || dir, 'cluster', 'data'),
    async stop() {
      await server.stop();
      for (const folder of [dir, elsewhere])
        if (folder !== '') await rm(folder, { recursive: true, force: true });
    },
  };
}
