import type { Readable } from 'node:stream';
import { AppError } from '@ravine/contracts';
import { type Blob, type Storage, StorageError } from '@ravine/storage';
import { z } from 'zod';
import type { Blobs } from '../http/blobs.js';

const MAX_HEADER_BYTES = 100 * 1024 * 1024;

/** Header of a safetensors file: tensors by name, with the places of their bytes after the header. */
const Header = z.record(z.string(), z.object({ data_offsets: z.tuple([z.int(), z.int()]) }).loose());
type Header = z.output<typeof Header>;

/**
 * The weights of a checkpoint (`model.*`) as a blob of their own, held until the caller releases it. A checkpoint
 * that has nothing else is its own answer; what a run needs to go on (optimizer state, best weights so far) is left out.
 */
export async function exportWeights(
  storage: Storage,
  blobs: Blobs,
  checkpoint: { sha256: string; bytes: number },
): Promise<{ blob: Blob; made: boolean }> {
  await verify(storage, checkpoint.sha256);
  const { tensors, metadata, begin } = await readHeader(storage, checkpoint.sha256);
  const weights = tensors.filter(([name]) => name.startsWith('model.'));
  if (weights.length === tensors.length) {
    return { blob: { key: checkpoint.sha256, size: checkpoint.bytes }, made: false };
  }
  const source = await storage.openRead(checkpoint.sha256);
  return { blob: await blobs.put(assemble(source, begin, weights, metadata), {}), made: true };
}

/** Reads the whole blob: a model of a file that was cut off or changed would only fail where it is used. */
async function verify(storage: Storage, key: string): Promise<void> {
  try {
    for await (const _ of await storage.openRead(key));
  } catch (error) {
    if (!(error instanceof StorageError) || error.retryable) throw error;
    const lost = error.code === 'not_found';
    throw damaged(`its file is ${lost ? 'missing from' : 'damaged in'} storage`, error);
  }
}

async function readHeader(storage: Storage, key: string) {
  const start = await readRange(storage, key, 0, 8);
  if (start.length < 8) throw damaged(`it has ${start.length} bytes`);
  const length = Number(start.readBigUInt64LE());
  if (length > MAX_HEADER_BYTES) throw damaged('its header is too long');
  const text = (await readRange(storage, key, 8, 8 + length)).toString('utf8');
  const { __metadata__: metadata, ...rest } = parse(text);
  const parsed = Header.safeParse(rest);
  if (!parsed.success) throw damaged('its header is malformed');
  const tensors = Object.entries(parsed.data).sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
  return { tensors, metadata, begin: 8 + length };
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged('its header is not JSON', cause);
  }
}

const damaged = (why: string, cause?: unknown): AppError =>
  new AppError('content_damaged', { detail: `The checkpoint cannot be used: ${why}`, cause });

async function readRange(storage: Storage, key: string, from: number, to: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await storage.openRead(key, { start: from, end: to - 1 })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** One pass over the verified file: a new header, then the bytes of the chosen tensors in their order. */
async function* assemble(
  source: Readable,
  begin: number,
  weights: [string, Header[string]][],
  metadata: unknown,
): AsyncGenerator<Uint8Array> {
  const header: Record<string, unknown> = { ...(metadata !== undefined && { __metadata__: metadata }) };
  let size = 0;
  for (const [name, tensor] of weights) {
    const [from, to] = tensor.data_offsets;
    header[name] = { ...tensor, data_offsets: [size, size + to - from] };
    size += to - from;
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  yield Buffer.concat([length, padded]);
  yield* pick(
    source,
    weights.map(
      ([
        ,
        {
          data_offsets: [from, to],
        },
      ]) => [begin + from, begin + to],
    ),
  );
}

/** The bytes of the ranges, which are ascending and do not overlap; reads to the end, so that the digest is checked. */
async function* pick(source: Readable, ranges: [number, number][]): AsyncGenerator<Uint8Array> {
  let position = 0;
  let next = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    const end = position + chunk.length;
    for (let range = ranges[next]; range && range[0] < end; range = ranges[next]) {
      const part = chunk.subarray(
        Math.max(0, range[0] - position),
        Math.min(chunk.length, range[1] - position),
      );
      if (part.length > 0) yield part;
      if (range[1] > end) break;
      next += 1;
    }
    position = end;
  }
}
