import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { IngestClaim, IngestEnd } from '@ravine/database';
import type { DeliveryHandler, Outcome } from '@ravine/queue';
import { StorageError } from '@ravine/storage';
import { childEnvironment } from '../child/environment.js';
import { describeExit } from '../child/exit.js';
import { startChild } from '../child/host.js';
import type { FromChild } from '../child/protocol.js';
import type { WorkerContext } from '../parts.js';
import { withRetry } from '../retry.js';
import { shutdownSignal } from '../shutdown-signal.js';
import { isTransient, sitOut } from '../transient.js';

type Result = Exclude<FromChild<'ingest'>, { type: 'progress' }>;

/** A fault of the machine is tried again this often before the dataset is given up. */
const MAX_ATTEMPTS = 3;
const RETRY_MS = 10_000;

/** Packs the upload of the dataset of a delivery, if it still waits for that. */
export function createIngestHandler(context: WorkerContext): DeliveryHandler {
  const { database, workerId, workspace, log } = context;
  const busy = new Set<string>();
  return async (delivery): Promise<Outcome> => {
    const { id } = delivery;
    if (busy.has(id)) return 'done'; // a doubled delivery: the claim would go to the same worker again
    busy.add(id);
    try {
      const claim = await database.datasets.claimIngest(id, workerId);
      if (!claim) return 'done';
      log.info({ dataset: id, attempt: claim.attempt }, 'ingest started');
      const folder = await workspace.create('ingest');
      try {
        return await ingestClaimed(claim, folder, shutdownSignal(delivery.signal), context);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    } finally {
      busy.delete(id);
    }
  };
}

async function ingestClaimed(
  claim: IngestClaim,
  folder: string,
  signal: AbortSignal,
  context: WorkerContext,
): Promise<Outcome> {
  const { database, log } = context;
  try {
    const finished = await pack(claim, folder, signal, context);
    const accepted = await withRetry(
      () => database.datasets.finishIngest(claim.id, claim.attempt, finished),
      sitOut,
    );
    log.info({ dataset: claim.id, status: finished.status, accepted }, 'ingest ended');
    if (accepted) await removeUploads(claim, context);
    return 'done';
  } catch (error) {
    if (signal.aborted) {
      await database.datasets.releaseIngest(claim.id, claim.attempt);
      return 'hand-back';
    }
    if (isTransient(error) && claim.attempt < MAX_ATTEMPTS) {
      log.warn({ dataset: claim.id, err: error }, 'ingest is tried again later');
      await database.datasets.releaseIngest(claim.id, claim.attempt);
      return { retryInMs: RETRY_MS };
    }
    const finished: IngestEnd = { status: 'failed', failure: failureOf(error) };
    await withRetry(() => database.datasets.finishIngest(claim.id, claim.attempt, finished), sitOut);
    log.error({ dataset: claim.id, err: error }, 'ingest failed');
    await removeUploads(claim, context);
    return 'done';
  }
}

/** From upload blobs to packed blobs in storage. Throws on faults of the machine. */
async function pack(
  claim: IngestClaim,
  folder: string,
  signal: AbortSignal,
  context: WorkerContext,
): Promise<IngestEnd> {
  const { storage } = context;
  const files = await fetchUploads(claim, folder, signal, context);
  const into = join(folder, 'packed');
  await mkdir(into);
  const result = await runIngest(claim, files, into, signal, context);
  if (result.type === 'faulted') throw new IngestFault(result.code, result.message);
  if (result.type === 'refused') return { status: 'refused', report: result.report };
  for (const { path } of result.files) {
    await withRetry(() => storage.put(createReadStream(path), { signal }), { ...sitOut, signal });
    await rm(path); // the disk need not hold everything twice
  }
  return { status: 'ready', manifest: result.manifest, report: result.report };
}

async function fetchUploads(
  claim: IngestClaim,
  folder: string,
  signal: AbortSignal,
  { storage }: WorkerContext,
): Promise<{ name: string; path: string }[]> {
  const files = [];
  for (const [i, { name, key }] of claim.uploads.entries()) {
    const path = join(folder, `upload-${i}`); // not the user's name, which may be any text
    await withRetry(() => storage.copyToFile(key, path), { ...sitOut, signal });
    files.push({ name, path });
  }
  return files;
}

/** Runs the ingest process to its end; `signal` ends it at once. */
async function runIngest(
  claim: IngestClaim,
  files: { name: string; path: string }[],
  into: string,
  signal: AbortSignal,
  { database, settings, log }: WorkerContext,
): Promise<Result> {
  let result: Result | null = null;
  const child = startChild({
    purpose: 'ingest',
    environment: childEnvironment(settings.environment, 1),
    onLine: (line) => log.info({ dataset: claim.id, line }, 'ingest process'),
    onMessage: (message) => {
      if (message.type !== 'progress') {
        result = message;
        return;
      }
      const { type: _, ...progress } = message;
      // Nobody depends on progress: a database that is away must not stop the ingest.
      database.datasets.ingestProgress(claim.id, claim.attempt, progress).catch(() => {});
    },
  });
  const { height, width, channels, fit } = claim;
  child.send({
    type: 'start',
    files,
    into,
    fit,
    concurrency: Math.max(2, Math.min(8, settings.threads)),
    ...(height !== null && { height }),
    ...(width !== null && { width }),
    ...(channels !== null && { channels }),
  });
  signal.addEventListener('abort', child.kill, { once: true });
  const exit = await child.exited;
  signal.removeEventListener('abort', child.kill);
  if (result) return result;
  signal.throwIfAborted();
  if (exit.outOfMemory) throw new IngestFault('out_of_memory', 'memory ran out while the upload was read');
  const output = exit.stderr.at(-1);
  throw new IngestFault(
    'ingest_crashed',
    `the ingest process ${describeExit(exit)}${output ? `: ${output}` : ''}`,
  );
}

/** A fault of the machine while an upload was read; it says nothing about the data. */
class IngestFault extends Error {
  readonly retryable: boolean;
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'IngestFault';
    this.retryable = code !== 'internal';
  }
}

function failureOf(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'internal';
  if (code === 'ENOSPC' || code === 'EDQUOT' || (error instanceof StorageError && error.code === 'full')) {
    return { code: 'storage_full', message: `${message}. Free space and upload the dataset again` };
  }
  return { code, message: `${message}. Upload the dataset again` };
}

/** The raw upload is not needed any more; a blob that another row names stays. */
async function removeUploads(claim: IngestClaim, { database, storage, log }: WorkerContext): Promise<void> {
  try {
    const { keys } = await database.datasets.forgetUploads(claim.id);
    for (const key of keys) await storage.delete(key);
  } catch (err) {
    log.warn({ dataset: claim.id, err }, 'upload blobs could not be deleted');
  }
}
