import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with schema.prisma and migrations/; the same distance from src and from dist. */
export const prismaFolder = fileURLToPath(new URL('../../../../prisma/', import.meta.url));

export interface Migration {
  name: string;
  sql: string;
  /** As Prisma writes it into `_prisma_migrations`. */
  checksum: string;
}

/** Migrations on disk, oldest first. */
export async function readMigrations(folder = path.join(prismaFolder, 'migrations')): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(path.join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}
