import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { databaseEnvironment } from '@ravine/database';
import { queueEnvironment } from '@ravine/queue';
import { storageEnvironment } from '@ravine/storage';
import { z } from 'zod';

const DEFAULT_PORT = 7070;

/** Everything that the one-machine service reads itself; the rest of the environment goes on to API and worker. */
const Environment = z.object({
  ...databaseEnvironment.shape,
  ...queueEnvironment.shape,
  ...storageEnvironment.shape,
  RAVINE_DATA: z.string().min(1).optional(),
  RAVINE_HOST: z.string().min(1).default('127.0.0.1'),
  RAVINE_PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number, 0 to 65535 (0: any free port)')
    .transform(Number)
    .pipe(z.int().max(65_535))
    .optional(),
  RAVINE_API_KEY: z.string().min(1).optional(),
});

export interface Config {
  /** Absolute path. */
  dataFolder: string;
  host: string;
  /** The port that was asked for; null when none was, then the next free one from `firstPort` is taken. */
  port: number | null;
  firstPort: number;
  /** Null: the embedded PostgreSQL. */
  databaseUrl: string | null;
  storageUrl: string;
}

/** Settings that cannot be used; the message lists all of them. */
export class ConfigError extends Error {}

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || /^127\./.test(host);

/** `defaultDataFolder` is used when RAVINE_DATA is not set. */
export function readConfig(
  environment: Record<string, string | undefined>,
  defaultDataFolder: string,
): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = Environment.safeParse(given);
  if (!result.success) {
    const lines = result.error.issues.map((issue) => {
      const name = issue.path.join('.');
      return `  ${name}: ${issue.message}${/KEY|URL/.test(name) ? '' : ` (it is "${given[name]}")`}`;
    });
    throw new ConfigError(`These settings cannot be used:\n${lines.join('\n')}`);
  }
  const env = result.data;
  if (!isLoopback(env.RAVINE_HOST) && env.RAVINE_API_KEY === undefined)
    throw new ConfigError(
      `RAVINE_HOST is ${env.RAVINE_HOST}, which other machines can reach. Set RAVINE_API_KEY too, or leave RAVINE_HOST away.`,
    );
  const dataFolder = path.resolve(env.RAVINE_DATA ?? defaultDataFolder);
  return {
    dataFolder,
    host: env.RAVINE_HOST,
    port: env.RAVINE_PORT ?? null,
    firstPort: DEFAULT_PORT,
    databaseUrl: env.DATABASE_URL ?? null,
    storageUrl: env.STORAGE_URL ?? pathToFileURL(path.join(dataFolder, 'artifacts')).href,
  };
}
