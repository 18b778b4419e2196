import { open } from 'node:fs/promises';
import { isGzip, isIdx } from '../detect.js';

/** The content of one file of an archive. */
export type Received =
  | { kind: 'bytes'; bytes: Buffer }
  /** It may be an IDX file, which can be large: it lies at the path that was given. */
  | { kind: 'spooled'; path: string }
  | { kind: 'too-large'; size: number };

/** Reads a file of an archive to its end, keeping at most `maxBytes` of it in memory. */
export async function receive(
  content: AsyncIterable<Uint8Array>,
  maxBytes: number,
  spoolPath: string,
): Promise<Received> {
  let chunks: Uint8Array[] = [];
  let size = 0;
  const source = content[Symbol.asyncIterator]();
  for (let next = await source.next(); !next.done; next = await source.next()) {
    const undecided = size < 4;
    size += next.value.length;
    if (size <= maxBytes) chunks.push(next.value);
    else chunks = [];
    if (!undecided || size < 4) continue;
    const head = Buffer.concat(chunks.length > 0 ? chunks : [next.value]);
    if (isIdx(head) || isGzip(head)) return spool(head, source, spoolPath);
  }
  return size > maxBytes ? { kind: 'too-large', size } : { kind: 'bytes', bytes: Buffer.concat(chunks) };
}

async function spool(head: Uint8Array, rest: AsyncIterator<Uint8Array>, path: string): Promise<Received> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(head);
    for (let next = await rest.next(); !next.done; next = await rest.next()) await file.writeFile(next.value);
  } finally {
    await file.close();
  }
  return { kind: 'spooled', path };
}
