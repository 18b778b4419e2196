import { z } from 'zod';
import type { StateDict, Tensor } from './engine.js';

/**
 * The safetensors format: 8 bytes little-endian header length, a JSON header
 * `{ name: { dtype, shape, data_offsets } }` with a string map `__metadata__`, then the tensors' bytes without gaps.
 * Names are written in sorted order and the header is padded with spaces to 8 bytes: equal states give equal bytes.
 */

/** Bytes that are not a valid safetensors file, and why. */
export class SafetensorsError extends Error {
  constructor(message: string) {
    super(`not a valid safetensors file: ${message}`);
    this.name = 'SafetensorsError';
  }
}

const MAX_HEADER_BYTES = 100 * 1024 * 1024;
const dtypes = { F32: 4, F64: 8 } as const;

const offset = z.int().min(0);
const Entry = z.strictObject({
  dtype: z.enum(['F32', 'F64']),
  shape: z.array(z.int().min(0)).max(16),
  data_offsets: z.tuple([offset, offset]),
});
const Metadata = z.record(z.string(), z.string());

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function assertLittleEndian(): void {
  if (!littleEndian) throw new Error('checkpoints need a little-endian machine');
}

/** The file in parts that follow each other: its header, then the bytes of each tensor, which are not copied. */
export function encodeSafetensorsParts(tensors: StateDict, metadata: Record<string, string>): Uint8Array[] {
  assertLittleEndian();
  const names = [...tensors.keys()].sort();
  const header: Record<string, unknown> = { __metadata__: sorted(metadata) };
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const name of names) {
    const { data, shape } = tensors.get(name) as Tensor;
    const dtype = data instanceof Float64Array ? 'F64' : 'F32';
    header[name] = { dtype, shape, data_offsets: [size, size + data.byteLength] };
    size += data.byteLength;
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const begin = new Uint8Array(8 + headerBytes).fill(0x20);
  new DataView(begin.buffer).setBigUint64(0, BigInt(headerBytes), true);
  begin.set(text, 8);
  return [begin, ...parts];
}

/** The same in one piece. */
export const encodeSafetensors = (tensors: StateDict, metadata: Record<string, string>): Uint8Array =>
  joinBytes(encodeSafetensorsParts(tensors, metadata));

/** One array of all the bytes. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const sorted = (map: Record<string, string>) =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));

/** JSON header of the file and where the tensors begin. */
function readHeader(bytes: Uint8Array): { header: Map<string, unknown>; begin: number } {
  if (bytes.length < 8) throw new SafetensorsError(`${bytes.length} bytes are too few`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES || length > bytes.length - 8)
    throw new SafetensorsError(`the header claims ${length} bytes of ${bytes.length}`);
  const begin = 8 + Number(length);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, begin)));
  } catch {
    throw new SafetensorsError('the header is not JSON');
  }
  if (json === null || typeof json !== 'object' || Array.isArray(json))
    throw new SafetensorsError('the header is not an object');
  return { header: new Map(Object.entries(json)), begin };
}

function readTensor(bytes: Uint8Array, begin: number, name: string, entry: z.output<typeof Entry>): Tensor {
  const [from, to] = entry.data_offsets;
  const count = entry.shape.reduce((product, size) => product * size, 1);
  if (to - from !== count * dtypes[entry.dtype] || begin + to > bytes.length)
    throw new SafetensorsError(
      `tensor "${name}" of shape [${entry.shape}] does not fit its bytes ${from} … ${to}`,
    );
  // A copy is aligned and does not keep the file alive; `slice` makes none when it is Node's Buffer that was read.
  const data = new Uint8Array(bytes.subarray(begin + from, begin + to)).buffer;
  return {
    shape: entry.shape,
    data: entry.dtype === 'F32' ? new Float32Array(data) : new Float64Array(data),
  };
}

/** Reads untrusted bytes; throws SafetensorsError. The tensors must cover the bytes without gaps or overlaps. */
export function decodeSafetensors(bytes: Uint8Array): {
  tensors: StateDict;
  metadata: Record<string, string>;
} {
  assertLittleEndian();
  const { header, begin } = readHeader(bytes);
  const metadata = Metadata.safeParse(header.get('__metadata__') ?? {});
  if (!metadata.success) throw new SafetensorsError('__metadata__ is not a map of strings');
  header.delete('__metadata__');
  const entries = [...header].map(([name, value]) => {
    const entry = Entry.safeParse(value);
    if (!entry.success)
      throw new SafetensorsError(`tensor "${name}": ${entry.error.issues[0]?.message ?? 'malformed'}`);
    return { name, entry: entry.data };
  });
  entries.sort((a, b) => a.entry.data_offsets[0] - b.entry.data_offsets[0]);
  let end = 0;
  const tensors: StateDict = new Map();
  for (const { name, entry } of entries) {
    if (entry.data_offsets[0] !== end)
      throw new SafetensorsError(`there is a gap or an overlap before "${name}"`);
    tensors.set(name, readTensor(bytes, begin, name, entry));
    end = entry.data_offsets[1];
  }
  if (begin + end !== bytes.length) throw new SafetensorsError('bytes are left over after the last tensor');
  return { tensors, metadata: metadata.data };
}
