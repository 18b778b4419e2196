import { type Catalog, createCatalog, type Readiness, type Worker } from '@ravine/contracts';
import type { HandlersOf } from '../contract.js';
import { createKeyCheck } from '../http/access.js';
import type { Services } from '../services.js';
import { online } from './engine-choice.js';

type Part = Readiness['parts'][number];
type Names = 'getHealth' | 'getReadiness' | 'getCatalog';

const CHECK_MS = 3_000;
/** Anyone may ask, and a check writes to the storage: answers are shared for a moment. */
const REUSE_MS = 1_000;

export function createServiceHandlers(services: Services): HandlersOf<Names> {
  const startedAt = performance.now();
  const catalog: Catalog = { object: 'catalog', ...createCatalog() };
  const readiness = shared(REUSE_MS, () => checkParts(services));
  const hasKey = createKeyCheck(services);
  return {
    async getHealth() {
      return {
        status: 'ok',
        version: services.version,
        uptimeSeconds: (performance.now() - startedAt) / 1000,
      };
    },
    async getCatalog() {
      return catalog;
    },
    async getReadiness(_input, { request, reply }) {
      const answer = await readiness();
      if (answer.status === 'unavailable') reply.code(503);
      reply.header('cache-control', 'no-store');
      return hasKey(request) ? answer : withoutPlaces(answer);
    },
  };
}

/** For those who have not shown the key: what works, but not where it is or how it is called. */
const withoutPlaces = ({ status, parts }: Readiness): Readiness => ({
  status,
  parts: parts.map((part) => {
    if (part.name === 'workers' || part.name === 'engine') return part;
    return { ...part, detail: part.ok ? 'ok' : 'does not work; ask with the API key for the cause' };
  }),
});

async function checkParts({ database, queues, storage }: Services): Promise<Readiness> {
  const [databasePart, queue, store, workers] = await Promise.all([
    check('database', async () => `PostgreSQL ${(await database.check()).serverVersion}`),
    check('queue', async () => {
      await queues.check();
      return queues.describe();
    }),
    check('storage', async () => {
      await storage.check();
      return storage.describe();
    }),
    within(database.workers.list()).catch(() => null),
  ]);
  const needed = [databasePart, queue, store];
  const optional = workers ? workerParts(workers) : unknownWorkers;
  const status = needed.every(({ ok }) => ok)
    ? optional.every(({ ok }) => ok)
      ? 'ready'
      : 'degraded'
    : 'unavailable';
  return { status, parts: [...needed, ...optional] };
}

const unknownWorkers: Part[] = (['workers', 'engine'] as const).map((name) => ({
  name,
  ok: false,
  detail: 'unknown: the database does not answer',
}));

/** Why jobs would be refused, and what to do about it. */
function workerParts(workers: readonly Worker[]): Part[] {
  const here = online(workers);
  const engines = here.flatMap((worker) => worker.engines);
  const usable = engines.filter((engine) => engine.available);
  const devices = usable.flatMap((engine) => engine.devices.map(({ id }) => `${engine.name} on ${id}`));
  const reasons = [...new Set(engines.flatMap(({ name, reason }) => (reason ? [`${name}: ${reason}`] : [])))];
  const missing = here.length === 0 ? 'no worker is online' : reasons.join('; ') || 'no worker has an engine';
  return [
    {
      name: 'workers',
      ok: here.length > 0,
      detail: here.length > 0 ? `${here.length} online` : 'none is online; npm start starts one',
    },
    {
      name: 'engine',
      ok: usable.length > 0,
      detail: usable.length > 0 ? [...new Set(devices)].join(', ') : missing,
    },
  ];
}

async function check(name: Part['name'], probe: () => Promise<string>): Promise<Part> {
  try {
    return { name, ok: true, detail: await within(probe()) };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`does not answer within ${CHECK_MS / 1000} s`)), CHECK_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function shared<T>(ms: number, make: () => Promise<T>): () => Promise<T> {
  let current: { at: number; value: Promise<T> } | null = null;
  return () => {
    if (!current || performance.now() - current.at > ms) current = { at: performance.now(), value: make() };
    return current.value;
  };
}
