import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { IngestClaim, IngestEnd } from '@ravine/database';
import type { DeliveryHandler, Outcome } from '@ravine/queue';
import { childEnvironment } from '../child/environment.js';
import { describeExit } from '../child/exit.js';
import { startChild } from '../child/host.js';
import type { FromChild } from '../child/protocol.js';
import type { WorkerContext } from '../parts.js';
import { withRetry } from '../retry.js';
import { isDiskFull, isTransient, sitOutTransfer, untilShutdown } from '../transient.js';

type Result = Exclude<FromChild<'ingest'>, { type: 'progress' }>;

/** A fault of the machine is tried again this often before the dataset is given up. */
const MAX_ATTEMPTS = 3;
const RETRY_MS = 10_000;

/** Packs the upload of the dataset of a delivery, if it still waits for that. */
export function createIngestHandler(context: WorkerContext): DeliveryHandler {
  const { database, workerId, ingesting, shutdown } = context;
  return async ({ id }): Promise<Outcome> => {
    if (ingesting.has(id)) return 'done'; // a doubled delivery: the claim would go to the same worker again
    ingesting.add(id);
    try {
      const claimed = () => database.datasets.claimIngest(id, workerId);
      const claim = await withRetry(claimed, untilShutdown(shutdown));
      return claim ? await ingestClaimed(claim, context) : 'done';
    } finally {
      ingesting.delete(id);
    }
  };
}

async function ingestClaimed(claim: IngestClaim, context: WorkerContext): Promise<Outcome> {
  const { datasets } = context.database;
  const { workspace, shutdown, log } = context;
  const { id, attempt } = claim;
  log.info({ dataset: id, attempt }, 'ingest started');
  const write = (work: () => Promise<boolean>): Promise<boolean> => withRetry(work, untilShutdown(shutdown));
  const finish = async (end: IngestEnd): Promise<Outcome> => {
    const accepted = await write(() => datasets.finishIngest(id, attempt, end));
    log.info({ dataset: id, status: end.status, accepted }, 'ingest ended');
    if (accepted) await removeUploads(claim, context);
    return 'done';
  };
  try {
    return await finish(await workspace.lend('ingest', (folder) => pack(claim, folder, context)));
  } catch (err) {
    if (shutdown.aborted) {
      await write(() => datasets.releaseIngest(id, attempt));
      return 'hand-back';
    }
    log.warn({ dataset: id, attempt, err }, 'an upload could not be packed');
    if (!isTransient(err) || attempt >= MAX_ATTEMPTS)
      return finish({ status: 'failed', failure: failureOf(err) });
    await write(() => datasets.releaseIngest(id, attempt));
    return { retryInMs: RETRY_MS };
  }
}

/** From upload blobs to packed blobs in storage. Throws on faults of the machine. */
async function pack(claim: IngestClaim, folder: string, context: WorkerContext): Promise<IngestEnd> {
  const { database, storage, shutdown } = context;
  const patience = { ...sitOutTransfer, signal: shutdown };
  const files = await fetchUploads(claim, folder, context);
  const into = join(folder, 'packed');
  await mkdir(into);
  const result = await runIngest(claim, files, into, context);
  if (result.type === 'faulted') throw new IngestFault(result.code, result.message);
  if (result.type === 'refused') return { status: 'refused', report: result.report };
  const { manifest, report } = result;
  const end: IngestEnd = { status: 'ready', manifest, report };
  const name = () => database.datasets.nameBlobs(claim.id, claim.attempt, manifest);
  if (!(await withRetry(name, patience))) return end; // of an attempt that is over: it is refused
  for (const { path } of result.files) {
    await withRetry(() => storage.put(createReadStream(path), { signal: shutdown }), patience);
    await rm(path); // the disk need not hold everything twice
  }
  return end;
}

async function fetchUploads(
  claim: IngestClaim,
  folder: string,
  { storage, shutdown }: WorkerContext,
): Promise<{ name: string; path: string }[]> {
  const files = [];
  for (const [i, { name, key }] of claim.uploads.entries()) {
    const path = join(folder, `upload-${i}`); // not the user's name, which may be any text
    await withRetry(() => storage.copyToFile(key, path), { ...sitOutTransfer, signal: shutdown });
    files.push({ name, path });
  }
  return files;
}

/** Runs the ingest process to its end; a shutdown ends it at once. */
async function runIngest(
  claim: IngestClaim,
  files: { name: string; path: string }[],
  into: string,
  { database, settings, shutdown, log }: WorkerContext,
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
  const { height, width, channels, fit, classes } = claim;
  child.send({
    type: 'start',
    files,
    into,
    fit,
    concurrency: Math.max(2, Math.min(8, settings.threads)),
    ...(height !== null && { height }),
    ...(width !== null && { width }),
    ...(channels !== null && { channels }),
    ...(classes !== null && { classes }),
  });
  shutdown.addEventListener('abort', child.kill, { once: true });
  if (shutdown.aborted) child.kill();
  const exit = await child.exited;
  shutdown.removeEventListener('abort', child.kill);
  if (result) return result;
  shutdown.throwIfAborted();
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
  if (isDiskFull(error)) {
    return { code: 'storage_full', message: `${message}. Free space and upload the dataset again` };
  }
  return { code, message: `${message}. Upload the dataset again` };
}

/** The raw upload is not needed any more; a blob that another row names stays. */
async function removeUploads(claim: IngestClaim, { database, storage, log }: WorkerContext): Promise<void> {
  try {
    const { keys } = await database.datasets.forgetUploads(claim.id);
    await database.deleteUnnamed(keys, (key) => storage.delete(key));
  } catch (err) {
    log.warn({ dataset: claim.id, err }, 'upload blobs could not be deleted');
  }
}
