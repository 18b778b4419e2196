import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@ravine/database';
import { createQueues } from '@ravine/queue';
import { createStorage, storageOptions } from '@ravine/storage';
import { type Logger, pino } from 'pino';
import { readEnvironment, type WorkerEnvironment, workerSettings } from './config.js';
import { createWorker, type Worker } from './worker.js';

/** A stop that takes longer than this is forced; jobs then go on from the checkpoint before. */
const STOP_MS = 25_000;

const environment = { ...process.env };

async function start(
  config: WorkerEnvironment,
  log: Logger,
): Promise<{ worker: Worker; close: () => Promise<void> }> {
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
function stopOnSignals(close: () => Promise<void>, log: Logger): void {
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

// A log that cannot be written, as on a full disk, must not end the process that others wait for.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

// The level of the log is a setting too: what is wrong with the settings is told in any case.
let log = pino({ name: 'worker' }, process.stdout);
try {
  const config = readEnvironment(environment);
  log = pino({ name: 'worker', level: config.RAVINE_LOG_LEVEL }, process.stdout);
  const { worker, close } = await start(config, log);
  stopOnSignals(close, log);
  process.send?.({ type: 'ready', workerId: worker.id });
} catch (error) {
  log.fatal(error instanceof Error ? error : { error }, 'the worker cannot start');
  process.exitCode = 1;
}
