import { createRequire } from 'node:module';
import { openDatabase } from '@ravine/database';
import { createQueues } from '@ravine/queue';
import { createStorage, storageOptions } from '@ravine/storage';
import type { FastifyBaseLogger } from 'fastify';
import { type DestinationStream, pino } from 'pino';
import { buildApp } from './app.js';
import { type ApiConfig, ConfigError } from './config.js';
import { defaultLimits } from './parts.js';

export interface RunningApi {
  /** Where it listens, e.g. http://127.0.0.1:7070. */
  url: string;
  /** Stops listening, lets running requests end, ends streams, then closes the parts. */
  close(): Promise<void>;
}

/** Opens the parts and listens. What was opened is closed again when a later part fails. */
export async function startApi(
  config: ApiConfig,
  log: FastifyBaseLogger = createLog(config),
): Promise<RunningApi> {
  const opened: (() => Promise<unknown>)[] = [];
  const keep = <T extends { close(): Promise<unknown> }>(part: T): T => {
    opened.unshift(() => part.close());
    return part;
  };
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0)) await end();
  };
  try {
    const database = keep(
      await openDatabase({
        url: config.DATABASE_URL,
        onError: (err) => log.warn({ err }, 'database connection'),
      }),
    );
    await database.check();
    const storage = keep(await createStorage(config.STORAGE_URL, storageOptions(config)));
    const queues = keep(
      await createQueues({
        redisUrl: config.REDIS_URL,
        databaseUrl: config.DATABASE_URL,
        prefix: config.QUEUE_PREFIX,
        log,
      }),
    );
    const limits = {
      ...defaultLimits,
      uploadBytes: config.RAVINE_MAX_UPLOAD_BYTES,
      requestsPerMinute: config.RAVINE_RATE_LIMIT,
    };
    const apiKey = config.RAVINE_API_KEY ?? null;
    const app = keep(await buildApp({ database, queues, storage, version, apiKey, limits, log }));
    const url = await listen(app, config);
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const version = (createRequire(import.meta.url)('../package.json') as { version: string }).version;

type App = Awaited<ReturnType<typeof buildApp>>;

async function listen(app: App, { RAVINE_HOST: host, RAVINE_PORT: port }: ApiConfig): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === 'EADDRINUSE') {
      throw new ConfigError(
        `Port ${port} on ${host} is taken by another program. Stop that program, or choose another port: RAVINE_PORT=${port + 1} npm start`,
      );
    }
    if (code === 'EACCES') {
      throw new ConfigError(
        `Port ${port} needs rights that this process lacks; set RAVINE_PORT to 1024 or more`,
      );
    }
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new ConfigError(`RAVINE_HOST=${host}: this machine has no such address; 127.0.0.1 always works`);
    }
    throw error;
  }
}

/** One line of JSON per event, to standard error unless told otherwise; what could be secret is left out. */
export function createLog(
  { RAVINE_LOG_LEVEL }: Pick<ApiConfig, 'RAVINE_LOG_LEVEL'>,
  destination: DestinationStream = process.stderr,
): FastifyBaseLogger {
  const redact = ['req.headers', '*.password', '*.connectionString'];
  return pino({ level: RAVINE_LOG_LEVEL, redact }, destination);
}
