import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type Extract, extract } from 'tar-stream';
import { firstLine, isFault, Refusal } from '../errors.js';
import type { Budget } from './budget.js';
import type { ArchiveEntry } from './entry.js';

type Entry = Extract extends AsyncIterable<infer Item> ? Item : never;

/** Reads a tar file, gzipped or not, front to back. Throws Refusal for one that is malformed or a bomb. */
export async function* readTar(path: string, gzipped: boolean, budget: Budget): AsyncGenerator<ArchiveEntry> {
  const unpacking = extract();
  // Counted before tar looks at the bytes, so that endless headers and padding count too.
  const meter = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      budget.bytes(chunk.length);
      yield chunk;
    }
  };
  const reading = gzipped
    ? pipeline(createReadStream(path), createGunzip(), meter, unpacking)
    : pipeline(createReadStream(path), meter, unpacking);
  const outcome = reading.then(
    () => null,
    (error: unknown) => error,
  );
  // The first error of the pipeline is the cause; what a stream throws may only say that it was closed.
  const explained = async (error: unknown): Promise<unknown> => {
    unpacking.destroy();
    const cause = (await outcome) ?? error;
    for (const known of [error, cause]) if (known instanceof Refusal || isFault(known)) return known;
    return new Refusal('malformed_archive', `The tar file cannot be read: ${firstLine(cause)}.`);
  };
  try {
    for await (const entry of unpacking) {
      budget.entry();
      yield describe(entry, explained);
      entry.resume();
    }
    const error = await outcome;
    if (error !== null) throw error;
  } catch (error) {
    throw await explained(error);
  } finally {
    unpacking.destroy();
    await outcome;
  }
}

function describe(entry: Entry, explained: (error: unknown) => Promise<unknown>): ArchiveEntry {
  const { name: path, type } = entry.header;
  if (type === 'directory') return { kind: 'folder', path };
  if (type === 'file' || type === 'contiguous-file')
    return { kind: 'file', path, content: unpack(entry, explained) };
  return {
    kind: 'unusable',
    path,
    code: 'not_a_file',
    reason: `It is a ${(type ?? 'special file').replace('-', ' ')}, not a file.`,
  };
}

async function* unpack(
  entry: Entry,
  explained: (error: unknown) => Promise<unknown>,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of entry as AsyncIterable<Uint8Array>) yield chunk;
  } catch (error) {
    throw await explained(error);
  }
}
