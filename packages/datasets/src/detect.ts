import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { isFault } from './errors.js';

export interface FileKind {
  /** `damaged`: gzip data that ends or breaks before it shows what is inside. */
  kind: 'zip' | 'tar' | 'idx' | 'unknown' | 'damaged';
  gzipped: boolean;
}

const tarMagicAt = 257;
const peekBytes = 512;

/** Recognises a file by its content, looking through gzip. Names are not trusted. */
export async function detect(path: string): Promise<FileKind> {
  const head = await readHead(path);
  if (!isGzip(head)) return { kind: kindOf(head), gzipped: false };
  const unpacked = await gunzipHead(path);
  const kind = unpacked === null ? 'damaged' : kindOf(unpacked);
  return { kind: kind === 'zip' ? 'unknown' : kind, gzipped: true };
}

export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** IDX: two zero bytes, an element type, the number of dimensions. */
export function isIdx(head: Uint8Array): boolean {
  return (
    head.length >= 4 && head[0] === 0 && head[1] === 0 && isIdxType(head[2]!) && head[3]! > 0 && head[3]! < 8
  );
}

function isIdxType(type: number): boolean {
  return type === 8 || type === 9 || (type >= 11 && type <= 14);
}

function kindOf(head: Buffer): FileKind['kind'] {
  const zipMark = head.length >= 4 ? head.readUInt32BE(0) : 0;
  // A local file header, or the end record of a zip without entries.
  if (zipMark === 0x504b0304 || zipMark === 0x504b0506) return 'zip';
  if (head.toString('latin1', tarMagicAt, tarMagicAt + 5) === 'ustar') return 'tar';
  return isIdx(head) ? 'idx' : 'unknown';
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(peekBytes), 0, peekBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The first unpacked bytes, or null where the data breaks before there are any. */
async function gunzipHead(path: string): Promise<Buffer | null> {
  const source = createReadStream(path);
  const unpacked = source.pipe(createGunzip());
  source.on('error', (error) => unpacked.destroy(error));
  let head = Buffer.alloc(0);
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      head = Buffer.concat([head, chunk]);
      if (head.length >= peekBytes) break;
    }
  } catch (error) {
    if (isFault(error)) throw error;
    if (head.length === 0) return null;
  } finally {
    source.destroy();
  }
  return head.subarray(0, peekBytes);
}
