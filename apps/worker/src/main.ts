import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@ravine/database';
import { createQueues } from '@ravine/queue';
import { createStorage, storageOptions } from '@ravine/storage';
import { pino } from 'pino';
import { readEnvironment, workerSettings } from './config.js';
import { createWorker, type Worker } from './worker.js';

/** A stop that takes longer than this is forced; jobs then go on from the checkpoint before. */
const STOP_MS = 25_000;

const environment = { ...process.env };
const log = pino({ name: 'worker', level: environment.RAVINE_LOG_LEVEL ?? 'info' });

async function start(): Promise<{ worker: Worker; close: () => Promise<void> }> {
  const config = readEnvironment(environment);
  const database = await openDatabase({
    url: config.DATABASE_URL,
    lostAfterMs: config.RAVINE_LOST_AFTER_SECONDS * 1000,
    onError: (err) => log.warn({ err }, 'database connection: trouble'),
  });
  await database.check();
  const storage = await createStorage(config.STORAGE_URL, storageOptions(config));
  const queues = await createQueues({
    redisUrl: config.REDIS_URL,
    databaseUrl: config.DATABASE_URL,
    prefix: config.QUEUE_PREFIX,
    log,
  });
  log.info({ queue: queues.describe(), storage: storage.describe() }, 'parts are open');
  const settings = workerSettings(config, environment);
  const worker = await createWorker({ database, queues, storage, log, settings });
  const close = async (): Promise<void> => {
    await worker.stop();
    await queues.close();
    await storage.close();
    await database.close();
  };
  return { worker, close };
}

/** The first request to stop lets running jobs write a checkpoint; the second ends the process, and its children with it. */
function stopOnSignals(close: () => Promise<void>): void {
  let requests = 0;
  const stop = async (why: string): Promise<void> => {
    log.info({ why }, 'asked to stop');
    if (++requests > 1) process.exit(1);
    void sleep(STOP_MS, undefined, { ref: false }).then(() => process.exit(1));
    await close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
  if (process.connected) process.on('disconnect', () => void stop('the parent process is gone'));
}

try {
  const { worker, close } = await start();
  stopOnSignals(close);
  process.send?.({ type: 'ready', workerId: worker.id });
} catch (error) {
  log.fatal(error instanceof Error ? error : { error }, 'the worker cannot start');
  process.exitCode = 1;
}
