import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { DatasetManifest, Fit, IngestReport } from '@ravine/contracts';
import type { SplitName } from '@ravine/training';
import { createBudget } from './archive/budget.js';
import { readTar } from './archive/tar.js';
import { readZip } from './archive/zip.js';
import { readArchiveDataset } from './archive-dataset.js';
import { warnOfClasses } from './classes.js';
import { detect } from './detect.js';
import { createDuplicateFinder } from './duplicates.js';
import { Refusal } from './errors.js';
import { readIdxDataset } from './idx-dataset.js';
import { type Contents, type IngestProgress, type Intake, imageBytes } from './intake.js';
import { defaultLimits, type IngestLimits } from './limits.js';
import { createManifest } from './manifest.js';
import { type PackedSplitFiles, packSplit } from './pack.js';
import { createFindings } from './report.js';
import { createPixelStatistics } from './statistics.js';

export interface IngestOptions {
  /** Raw uploads on local disk: one archive, or 2, 4 or 6 IDX files. `name` is what the user called them. */
  files: { name: string; path: string }[];
  /** An empty folder. What is left in it after a refusal or a fault is the caller's to remove. */
  into: string;
  /** 1 to 1024 pixels; default 128, or the native height of IDX files. */
  height?: number | undefined;
  /** Default: the height when it is given, else 128 or the native width of IDX files. */
  width?: number | undefined;
  /** Default 3, or the native count of IDX files. */
  channels?: 1 | 3 | undefined;
  /** Default `crop`. */
  fit?: Fit | undefined;
  /** Class names in index order; default: folder names sorted, or the numbers of IDX labels. */
  classes?: string[] | undefined;
  limits?: Partial<IngestLimits> | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: IngestProgress) => void) | undefined;
  /** Images that are decoded side by side; default: as many as there are CPUs, at least 2, at most 8. */
  concurrency?: number | undefined;
}

/** `shards` and `labels` are files in `into`; their sha256 are the keys in the manifest. */
export type IngestResult =
  | {
      status: 'ready';
      manifest: DatasetManifest;
      shards: {
        split: SplitName;
        index: number;
        path: string;
        count: number;
        bytes: number;
        sha256: string;
      }[];
      labels: { split: SplitName; path: string; bytes: number; sha256: string }[];
      report: IngestReport;
    }
  | { status: 'refused'; report: IngestReport };

/**
 * Turns an upload into the packed format. The same content gives the same bytes and the same digest, whatever its
 * order in the archive. Bad uploads are a result (`refused`, with the reasons in the report); only faults throw: a full
 * disk, a missing file, an abort.
 */
export async function ingest(options: IngestOptions): Promise<IngestResult> {
  const findings = createFindings();
  const intake: Intake = {
    into: options.into,
    declared: declaredShape(options),
    classes: options.classes,
    limits: { ...defaultLimits, ...options.limits },
    concurrency: options.concurrency ?? Math.min(8, Math.max(2, availableParallelism())),
    findings,
    signal: options.signal,
    onProgress: options.onProgress ?? (() => {}),
  };
  let source: IngestReport['source'] = null;
  try {
    const opened = await openUpload(options.files, intake);
    source = opened.source;
    const contents = await opened.read();
    try {
      const { manifest, packed, accepted } = await pack(contents, intake);
      return {
        status: 'ready',
        manifest,
        ...listFiles(packed),
        report: findings.report(source, accepted, null),
      };
    } finally {
      await contents.close();
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { status: 'refused', report: findings.report(source, 0, error) };
  }
}

function declaredShape({ height, width, channels, fit = 'crop' }: IngestOptions): Intake['declared'] {
  return {
    ...(height === undefined ? {} : { height }),
    ...(width === undefined ? {} : { width }),
    ...(channels === undefined ? {} : { channels }),
    fit,
  };
}

async function openUpload(
  files: IngestOptions['files'],
  intake: Intake,
): Promise<{ source: NonNullable<IngestReport['source']>; read(): Promise<Contents> }> {
  const kinds = await Promise.all(files.map(({ path }) => detect(path)));
  if (kinds.length > 0 && kinds.every(({ kind }) => kind === 'idx')) {
    const idxFiles = files.map((file, i) => ({ ...file, gzipped: kinds[i]!.gzipped }));
    return { source: 'idx', read: () => readIdxDataset(idxFiles, intake) };
  }
  const damaged = kinds.findIndex(({ kind }) => kind === 'damaged');
  if (damaged >= 0)
    throw new Refusal('malformed_archive', 'The gzip data is damaged or cut off.', files[damaged]?.name);
  const [file, ...others] = files;
  const kind = kinds[0]?.kind;
  if (!file || others.length > 0 || (kind !== 'zip' && kind !== 'tar'))
    throw new Refusal(
      'unknown_format',
      'The upload is not one zip, tar or tar.gz file, and not a set of IDX files (recognised by content, not by name).',
      kinds.length > 1 ? files[kinds.findIndex(({ kind }) => kind !== 'idx')]?.name : file?.name,
    );
  const budget = createBudget(intake.limits, (await stat(file.path)).size);
  const entries = kind === 'zip' ? readZip(file.path, budget) : readTar(file.path, kinds[0]!.gzipped, budget);
  return { source: kind, read: () => readArchiveDataset(entries, intake) };
}

async function pack(contents: Contents, intake: Intake) {
  const { shape, classes, splits, nameOf } = contents;
  const total = splits.reduce((sum, { labels }) => sum + labels.length, 0);
  const statistics = createPixelStatistics(shape.channels);
  const duplicates = createDuplicateFinder();
  const packed: PackedSplitFiles[] = [];
  let done = 0;
  for (const source of splits) {
    const { split, labels } = source;
    const files = await packSplit(source, intake.into, imageBytes(shape), (pixels, index) => {
      intake.signal?.throwIfAborted();
      if (split === 'train') statistics.add(pixels);
      duplicates.see(pixels, split, index, labels[index]!);
      done += 1;
      intake.onProgress({ phase: 'packing', done, total });
    });
    packed.push(files);
  }
  warnOfClasses(classes, splits, intake.findings);
  duplicates.warn(intake.findings, nameOf);
  return { manifest: createManifest(shape, classes, packed, statistics.result()), packed, accepted: total };
}

function listFiles(packed: PackedSplitFiles[]) {
  return {
    shards: packed.flatMap(({ split, shards }) => shards.map((shard, index) => ({ split, index, ...shard }))),
    labels: packed.map(({ split, labelFile }) => ({ split, ...labelFile })),
  };
}
