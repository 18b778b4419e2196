import { crc32 } from 'node:zlib';
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from 'yauzl';
import { DatasetError, firstLine, isFault, Refusal } from '../errors.js';
import type { Budget } from './budget.js';
import type { ArchiveEntry } from './entry.js';
import './yauzl-3.js';

const localHeaderBytes = 30;
const utf8 = new TextDecoder('utf-8', { fatal: true });
const none = Buffer.alloc(0);

interface Item {
  path: string;
  entry: Entry;
}

/** Reads a zip file from its central directory. Throws Refusal for one that is malformed, encrypted or a bomb. */
export async function* readZip(path: string, budget: Budget): AsyncGenerator<ArchiveEntry> {
  const zip = await refuseMalformed(
    openPromise(path, { lazyEntries: true, autoClose: false, decodeStrings: false }),
  );
  try {
    for (const { path: name, entry } of await refuseMalformed(readDirectory(zip, budget)))
      yield describe(zip, name, entry, budget);
  } finally {
    zip.close();
  }
}

async function refuseMalformed<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Refusal || isFault(error)) throw error;
    throw new Refusal('malformed_archive', `The zip file cannot be read: ${firstLine(error)}.`);
  }
}

/** All entries in the order of their data, checked before a single byte is unpacked. */
async function readDirectory(zip: ZipFile, budget: Budget): Promise<Item[]> {
  const items: Item[] = [];
  for await (const entry of zip.eachEntry()) {
    budget.entry();
    const path = decodeName(entry);
    if (entry.isEncrypted())
      throw new Refusal('encrypted', 'The zip file is encrypted; upload it without a password.', path);
    // Hundreds of thousands of entries may wait here: keep their numbers, not their buffers.
    Object.assign(entry, { fileName: '', fileNameRaw: none, extraFieldRaw: none, fileCommentRaw: none });
    items.push({ path, entry });
  }
  items.sort((a, b) => a.entry.relativeOffsetOfLocalHeader - b.entry.relativeOffsetOfLocalHeader);
  refuseOverlaps(items);
  return items;
}

/** Entries that share their compressed bytes are how a small file unpacks to petabytes. */
function refuseOverlaps(items: Item[]): void {
  let end = 0;
  for (const { path, entry } of items) {
    if (entry.relativeOffsetOfLocalHeader < end)
      throw new Refusal('malformed_archive', 'Entries of the zip file overlap, as in a zip bomb.', path);
    end = entry.relativeOffsetOfLocalHeader + localHeaderBytes + entry.fileNameLength + entry.compressedSize;
  }
}

/** UTF-8 where the bytes are valid UTF-8 (many tools forget the flag that says so), else as the zip format rules. */
function decodeName(entry: Entry): string {
  const declared =
    (entry.generalPurposeBitFlag & 0x800) !== 0 || entry.extraFields.some(({ id }) => id === 0x7075);
  if (!declared) {
    try {
      return utf8.decode(entry.fileNameRaw);
    } catch {
      // Not UTF-8: code page 437, below.
    }
  }
  return getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
}

function describe(zip: ZipFile, path: string, entry: Entry, budget: Budget): ArchiveEntry {
  if (path.endsWith('/')) return { kind: 'folder', path };
  const special = specialFile(entry);
  if (special !== null)
    return { kind: 'unusable', path, code: 'not_a_file', reason: `It is ${special}, not a file.` };
  if (!entry.canDecodeFileData())
    return {
      kind: 'unusable',
      path,
      code: 'unsupported_compression',
      reason: `It is compressed with method ${entry.compressionMethod}; only stored and deflated files can be read.`,
    };
  return { kind: 'file', path, content: unpack(zip, entry, budget) };
}

/** Unix file types of the external attributes that are neither a file, a folder nor unset. */
function specialFile(entry: Entry): string | null {
  const host = entry.versionMadeBy >> 8;
  if (host !== 3 && host !== 19) return null;
  const type = (entry.externalFileAttributes >>> 16) & 0o170000;
  if (type === 0o120000) return 'a symbolic link';
  return type === 0 || type === 0o100000 ? null : 'a device, pipe or socket';
}

async function* unpack(zip: ZipFile, entry: Entry, budget: Budget): AsyncGenerator<Uint8Array> {
  let checksum = 0;
  try {
    for await (const chunk of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) {
      budget.bytes(chunk.length);
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof Refusal || isFault(error)) throw error;
    throw new DatasetError('corrupt_file', `It cannot be unpacked: ${firstLine(error)}.`);
  }
  if (checksum !== entry.crc32)
    throw new DatasetError('corrupt_file', 'Its checksum in the zip file does not fit its content.');
}
