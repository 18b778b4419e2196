import { wholeNumber } from '@ravine/contracts';
import { databaseEnvironment } from '@ravine/database';
import { queueEnvironment } from '@ravine/queue';
import { storageEnvironment } from '@ravine/storage';
import { z } from 'zod';
import { defaultLimits } from './parts.js';

const LOOPBACK = /^(localhost|::1|127(\.\d{1,3}){3})$/;

const ApiEnvironment = z.object({
  ...databaseEnvironment.shape,
  ...queueEnvironment.shape,
  ...storageEnvironment.shape,
  RAVINE_HOST: z.string().min(1).max(255).default('127.0.0.1'),
  RAVINE_PORT: wholeNumber(z.int().min(0).max(65_535)).default(7070),
  RAVINE_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{8,200}$/, 'must be 8 to 200 visible ASCII characters without spaces')
    .optional(),
  RAVINE_RATE_LIMIT: wholeNumber(z.int().min(1)).default(defaultLimits.requestsPerMinute),
  RAVINE_MAX_UPLOAD_BYTES: wholeNumber(z.int().min(1)).default(defaultLimits.uploadBytes),
  RAVINE_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});
export type ApiConfig = z.output<typeof ApiEnvironment> & { DATABASE_URL: string; STORAGE_URL: string };

/** A wrong environment: the message lists every bad variable and says what to type. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Reads the environment once. An empty variable is one that is not set. */
export function parseConfig(environment: Record<string, string | undefined>): ApiConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = ApiEnvironment.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'),
    );
  }
  const { DATABASE_URL, STORAGE_URL, ...rest } = parsed.data;
  if (!DATABASE_URL || !STORAGE_URL) {
    throw new ConfigError(
      'DATABASE_URL and STORAGE_URL must be set, e.g. postgres://user:password@127.0.0.1:5432/ravine and file:///var/lib/ravine; npm start sets both by itself',
    );
  }
  const config: ApiConfig = { ...rest, DATABASE_URL, STORAGE_URL };
  if (!LOOPBACK.test(config.RAVINE_HOST) && !config.RAVINE_API_KEY) {
    throw new ConfigError(
      `RAVINE_HOST=${config.RAVINE_HOST} lets other machines in, which needs a key. Type:\n  RAVINE_API_KEY="$(openssl rand -hex 32)" RAVINE_HOST=${config.RAVINE_HOST} npm start\nor leave RAVINE_HOST at 127.0.0.1`,
    );
  }
  return config;
}
