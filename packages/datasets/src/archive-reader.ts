import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveEntry } from './archive/entry.js';
import { entrySegments, isClutter } from './archive/entry-path.js';
import { receive } from './archive/receive.js';
import { detect } from './detect.js';
import { DatasetError, Refusal } from './errors.js';
import type { IdxFile } from './idx.js';
import { type ImageShape, preprocess } from './image.js';
import { type Intake, imageBytes, refuseTooLarge } from './intake.js';
import { orderedMap } from './ordered-map.js';

/** A file that was decoded; its pixels lie at slot·imageBytes of the temporary file. */
export interface DecodedImage {
  path: string;
  segments: string[];
  slot: number;
}

interface RejectedFile {
  path: string;
  segments: string[];
  code: string;
  reason: string;
}

/** All that an archive holds, in the order in which it was found. */
export interface ArchiveInventory {
  images: DecodedImage[];
  rejected: RejectedFile[];
  folders: string[][];
  idxFiles: IdxFile[];
  /** Pixels of slot s. */
  pixels(slot: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

interface Candidate {
  path: string;
  segments: string[];
  bytes: Buffer;
}

/**
 * Reads an archive once, front to back: every image is decoded as it comes and its pixels are put aside on disk, so
 * that neither the archive nor its files need to fit in memory. IDX files are unpacked to disk.
 */
export async function readArchive(
  entries: AsyncIterable<ArchiveEntry>,
  shape: ImageShape,
  intake: Intake,
): Promise<ArchiveInventory> {
  const size = imageBytes(shape);
  const path = join(intake.into, 'decoded.tmp');
  const file = await open(path, 'wx+');
  const close = async () => {
    await file.close();
    await rm(path, { force: true });
  };
  const inventory: ArchiveInventory = {
    images: [],
    rejected: [],
    folders: [],
    idxFiles: [],
    pixels: (slot) => readSlot(file, slot, size),
    close,
  };
  try {
    const candidates = readCandidates(entries, inventory, intake);
    const decoded = orderedMap(candidates, intake.concurrency, (file) =>
      decode(file, shape, intake.limits.maxImagePixels),
    );
    for await (const { path, segments, result } of decoded) {
      if (result instanceof DatasetError) {
        inventory.rejected.push({ path, segments, code: result.code, reason: result.message });
        continue;
      }
      const slot = inventory.images.length;
      refuseTooLarge(slot + 1, shape, intake.limits);
      await writeSlot(file, slot, result);
      inventory.images.push({ path, segments, slot });
    }
    return inventory;
  } catch (error) {
    await close();
    throw error;
  }
}

/** Takes the entries apart: yields what may be an image, notes everything else in the inventory. */
async function* readCandidates(
  entries: AsyncIterable<ArchiveEntry>,
  inventory: ArchiveInventory,
  intake: Intake,
): AsyncGenerator<Candidate> {
  const { limits, findings, signal } = intake;
  const seen = new Set<string>();
  let done = 0;
  for await (const entry of entries) {
    signal?.throwIfAborted();
    const segments = entrySegments(entry.path, limits.maxPathLength);
    const path = segments.join('/');
    if (entry.kind === 'folder') {
      if (!isClutter(segments)) inventory.folders.push(segments);
      continue;
    }
    done += 1;
    intake.onProgress({ phase: 'reading', done, total: null });
    if (isClutter(segments)) {
      findings.ignore();
      continue;
    }
    if (seen.has(path)) throw new Refusal('duplicate_path', 'The archive has two files of this name.', path);
    seen.add(path);
    if (entry.kind === 'unusable') {
      inventory.rejected.push({ path, segments, code: entry.code, reason: entry.reason });
      continue;
    }
    const bytes = await takeFile(path, segments, entry.content, inventory, intake);
    if (bytes) yield { path, segments, bytes };
  }
}

/** The bytes of a file, or null when it is an IDX file or rejected, and noted as such. */
async function takeFile(
  path: string,
  segments: string[],
  content: AsyncIterable<Uint8Array>,
  inventory: ArchiveInventory,
  { into, limits }: Intake,
): Promise<Buffer | null> {
  const reject = (code: string, reason: string) => {
    inventory.rejected.push({ path, segments, code, reason });
    return null;
  };
  const spoolPath = join(into, `idx-${inventory.idxFiles.length}.tmp`);
  try {
    const received = await receive(content, limits.maxFileBytes, spoolPath);
    if (received.kind === 'bytes') return received.bytes;
    if (received.kind === 'too-large')
      return reject(
        'file_too_large',
        `It has ${received.size} bytes; at most ${limits.maxFileBytes} are allowed.`,
      );
    const { kind, gzipped } = await detect(received.path);
    if (kind === 'idx') {
      inventory.idxFiles.push({ name: path, path: received.path, gzipped });
      return null;
    }
    await rm(received.path);
    return reject('not_an_image', 'The file is compressed data, not an image.');
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    await rm(spoolPath, { force: true });
    return reject(error.code, error.message);
  }
}

async function decode({ path, segments, bytes }: Candidate, shape: ImageShape, maxPixels: number) {
  try {
    return { path, segments, result: await preprocess(bytes, shape, { maxPixels }) };
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    return { path, segments, result: error };
  }
}

async function writeSlot(file: FileHandle, slot: number, pixels: Uint8Array): Promise<void> {
  for (let done = 0; done < pixels.length; ) {
    const { bytesWritten } = await file.write(
      pixels,
      done,
      pixels.length - done,
      slot * pixels.length + done,
    );
    done += bytesWritten;
  }
}

async function readSlot(file: FileHandle, slot: number, size: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(size), 0, size, slot * size);
  if (bytesRead !== size) throw new Error(`temporary file: ${bytesRead} of ${size} bytes at slot ${slot}`);
  return buffer;
}
