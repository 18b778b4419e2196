import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { firstLine, isFault, Refusal } from './errors.js';

/** An IDX file on disk. `name` is what the user called it. */
export interface IdxFile {
  name: string;
  path: string;
  gzipped: boolean;
}

/** Big-endian: two zero bytes, element type (8: unsigned byte), number of dimensions, then each size as uint32. */
export interface IdxHeader {
  dimensions: number[];
  headerBytes: number;
  /** Product of the dimensions. */
  elements: number;
}

const unsignedByte = 8;

export async function readIdxHeader(file: IdxFile): Promise<IdxHeader> {
  let head = Buffer.alloc(0);
  for await (const chunk of unpacked(file)) {
    head = Buffer.concat([head, chunk]);
    if (head.length >= 4 + 4 * 7) break;
  }
  return parseIdxHeader(head, file.name);
}

/** Throws Refusal naming the file for anything but a complete header of unsigned bytes. */
function parseIdxHeader(head: Buffer, name: string): IdxHeader {
  if (head.length < 4 || head[0] !== 0 || head[1] !== 0)
    throw new Refusal('malformed_idx', 'It does not begin with an IDX magic number.', name);
  if (head[2] !== unsignedByte)
    throw new Refusal(
      'malformed_idx',
      `Its element type is 0x0${head[2]!.toString(16)}; only unsigned bytes (0x08) can be read.`,
      name,
    );
  const headerBytes = 4 + 4 * head[3]!;
  if (head.length < headerBytes) throw new Refusal('malformed_idx', 'It ends within its header.', name);
  const dimensions = Array.from({ length: head[3]! }, (_, i) => head.readUInt32BE(4 + 4 * i));
  return { dimensions, headerBytes, elements: dimensions.reduce((product, size) => product * size, 1) };
}

/** The elements as blocks of `blockBytes`. Throws Refusal when the file has fewer or more than its header says. */
export async function* readIdxBlocks(
  file: IdxFile,
  header: IdxHeader,
  blockBytes: number,
): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0);
  let skip = header.headerBytes;
  let left = header.elements;
  for await (const chunk of unpacked(file)) {
    const data = skip === 0 ? chunk : chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - data.length;
    if (data.length > left)
      throw new Refusal('malformed_idx', 'It has more bytes than its header says.', file.name);
    left -= data.length;
    pending = pending.length === 0 ? data : Buffer.concat([pending, data]);
    let start = 0;
    for (; pending.length - start >= blockBytes; start += blockBytes)
      yield pending.subarray(start, start + blockBytes);
    pending = pending.subarray(start);
  }
  if (left > 0 || skip > 0)
    throw new Refusal('malformed_idx', `It ends too early: ${left} bytes are missing.`, file.name);
}

async function* unpacked(file: IdxFile): AsyncGenerator<Buffer> {
  const source = createReadStream(file.path, { highWaterMark: 2 ** 18 });
  const stream = file.gzipped ? source.pipe(createGunzip({ chunkSize: 2 ** 18 })) : source;
  source.on('error', (error) => stream.destroy(error));
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    if (isFault(error)) throw error;
    throw new Refusal('malformed_idx', `It cannot be unpacked: ${firstLine(error)}.`, file.name);
  } finally {
    source.destroy();
  }
}
