import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { newId } from '@ravine/contracts';
import type { Consumer, QueueName } from '@ravine/queue';
import { openBlobCache } from './blob-cache.js';
import { childEnvironment } from './child/environment.js';
import { createStandby } from './child/standby.js';
import { threadsPerJob } from './config.js';
import { canCompute, probeEngines, type WorkerEngine, withoutTorch } from './engines.js';
import { createHandlers } from './handlers.js';
import type { WorkerContext, WorkerParts } from './parts.js';
import { createPredictor } from './predictions/predictor.js';
import { announce } from './presence.js';
import { startSweeper } from './sweeper.js';
import { openWorkspace } from './workspace.js';

const PREDICTOR_IDLE_MS = 10 * 60 * 1000;
const PREDICTIONS_AT_ONCE = 4;
const INGESTS_AT_ONCE = 1;

/** Read once: the version of this package. */
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

export interface Worker {
  readonly id: string;
  readonly engines: readonly WorkerEngine[];
  /**
   * Takes no more deliveries, lets running jobs write a checkpoint and hands them back; ends within about 20 s. Calling
   * it again waits for the same end.
   */
  stop(): Promise<void>;
}

/** Starts a worker: registers it, then consumes jobs, ingests and predictions until it is stopped. */
export async function createWorker(parts: WorkerParts): Promise<Worker> {
  const { database, queues, settings, log } = parts;
  const id = newId('wkr');
  const environment = childEnvironment(settings.environment, settings.threads);
  const onLine = (line: string): void => log.info({ line }, 'child process');
  const engines = settings.torch
    ? await probeEngines(environment, onLine)
    : [withoutTorch('it is switched off by RAVINE_ENGINE_TORCH=off')];
  tellEngines(engines, log);

  const workspace = await openWorkspace(join(settings.folder, 'work'), id);
  const cache = await openBlobCache({
    storage: parts.storage,
    folder: join(settings.folder, 'cache'),
    maxBytes: settings.cacheBytes,
  });
  const predictor = createPredictor({ environment, idleMs: PREDICTOR_IDLE_MS, onLine });
  const standby = createStandby({
    environment: childEnvironment(settings.environment, threadsPerJob(settings)),
    onLine,
  });
  const shutdown = new AbortController();
  const context: WorkerContext = {
    ...parts,
    shutdown: shutdown.signal,
    workerId: id,
    engines,
    running: new Map(),
    ingesting: new Set(),
    cache,
    workspace,
    predictor,
    standby,
  };
  const concurrency = concurrencyOf(engines, settings.concurrency);
  const names = Object.keys(concurrency) as QueueName[];
  const presence = await announce(
    {
      id,
      hostname: hostname(),
      processId: process.pid,
      version,
      engines,
      queues: names,
      threads: settings.threads,
    },
    database.workers,
    workspace,
    log,
  );
  const handlers = createHandlers(context);
  const consumers: Consumer[] = [];
  for (const name of names) {
    consumers.push(await queues.consume(name, handlers[name], { concurrency: concurrency[name] ?? 1 }));
  }
  const sweeper = startSweeper(context);
  if (engines.some(({ available }) => available)) standby.refill();
  log.info({ worker: id, queues: names, threads: settings.threads }, 'worker is ready');

  const stop = async (): Promise<void> => {
    log.info({ worker: id, jobs: [...context.running.keys()] }, 'worker stops');
    shutdown.abort();
    await Promise.all([
      presence.drain().catch((err: unknown) => log.warn({ err }, 'the row of the worker was not updated')),
      sweeper.stop(),
      ...consumers.map((consumer) => consumer.close({ handBack: true })),
    ]);
    await Promise.all([predictor.close(), standby.close()]);
    await presence
      .leave()
      .catch((err: unknown) => log.warn({ err }, 'the row of the worker was not removed'));
    await workspace.close();
    log.info({ worker: id }, 'worker has stopped');
  };
  let stopping: Promise<void> | null = null;
  return { id, engines, stop: () => (stopping ??= stop()) };
}

/** How many deliveries of each queue are taken at once. Without an engine none is taken of `train.…`: jobs wait for a worker that has one. */
function concurrencyOf(
  engines: readonly WorkerEngine[],
  perDevice: number,
): Partial<Record<QueueName, number>> {
  const devices = engines.filter(({ available }) => available).flatMap((engine) => engine.devices);
  const gpus = devices.filter(({ kind }) => kind === 'cuda').length;
  return {
    ...(canCompute(engines, 'cpu') && { 'train.cpu': perDevice }),
    ...(gpus > 0 && { 'train.cuda': gpus * perDevice }),
    control: INGESTS_AT_ONCE,
    predict: PREDICTIONS_AT_ONCE,
  };
}

function tellEngines(engines: readonly WorkerEngine[], log: WorkerParts['log']): void {
  for (const { name, available, reason, devices, libraries } of engines) {
    if (available)
      log.info({ engine: name, libraries, devices: devices.map((device) => device.id) }, 'engine found');
    else log.warn({ engine: name }, `engine ${name} is not available: ${reason}`);
  }
}
