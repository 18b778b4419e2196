import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startEmbedded } from '../embedded/index.js';
import { type Command, commands } from './commands.js';

const USAGE = `npm run migrate -w @ravine/database -- <command>
  deploy       apply what the database lacks
  status       tell how the database and the migration files differ; exit code 1 when they do
  drift        tell how the migration files and schema.prisma differ; exit code 2 when they do
  dev <name>   write the migration that schema.prisma needs
The database is the one of DATABASE_URL; without it a throw-away one.`;

/** Runs one command against DATABASE_URL, or against a server that lives only that long. */
async function main(name: string | undefined, argument: string | undefined): Promise<number> {
  if (name === undefined || !Object.hasOwn(commands, name)) {
    console.error(USAGE);
    return 64;
  }
  const command = commands[name as keyof typeof commands] as Command;
  if (process.env.DATABASE_URL) return command(process.env.DATABASE_URL, argument);
  const dir = await mkdtemp(path.join(os.tmpdir(), 'ravine-migrate-'));
  await chmod(dir, 0o711); // PostgreSQL drops to another user when this runs as root
  const server = await startEmbedded({ dir, onLog: console.error });
  try {
    return await command(server.url, argument);
  } finally {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

main(process.argv[2], process.argv[3])
  .catch((error: Error) => {
    console.error(error.message); // Prisma's errors print their minified source otherwise
    return 1;
  })
  .then((code) => process.exit(code)); // the engine's lock timer would keep the process for 10 s
