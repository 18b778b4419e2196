/** Archives for tests, written byte by byte: libraries refuse to write most of what must be refused. */
import { once } from 'node:events';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

export interface ZipEntry {
  name: string | Buffer;
  content?: Uint8Array;
  /** Unix mode, e.g. 0o120777 for a symbolic link. */
  mode?: number;
  /** General purpose flags; 0x800 declares UTF-8, 1 encryption. */
  flags?: number;
  method?: number;
  crc?: number;
  /** What the directory claims instead of the truth. */
  claimedSize?: number;
  /** Begin at the local header of this earlier entry. */
  sameDataAs?: number;
  extra?: Buffer;
}

export function zip(entries: ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const content = entry.content ?? Buffer.alloc(0);
    const method = entry.method ?? 8;
    const data = method === 8 ? deflateRawSync(content) : Buffer.from(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(entry.flags ?? 0x800, 2);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(entry.crc ?? crc32(content), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(entry.claimedSize ?? content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const at = entry.sameDataAs === undefined ? offset : offsets[entry.sameDataAs]!;
    offsets.push(at);
    if (entry.sameDataAs === undefined) {
      const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, name, data]);
      locals.push(local);
      offset += local.length;
    }
    const extra = entry.extra ?? Buffer.alloc(0);
    fields.writeUInt16LE(extra.length, 24);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    rest.writeUInt32LE(at, 10);
    const madeByUnix = Buffer.from([20, 3]);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02'), madeByUnix, fields, rest, name, extra]));
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}

export type TarEntry = Partial<Parameters<ReturnType<typeof pack>['entry']>[0]> & {
  name: string;
  content?: Uint8Array;
};

export async function tar(entries: TarEntry[]): Promise<Buffer> {
  const stream = pack();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk) => chunks.push(chunk as Buffer));
  for (const { content, ...header } of entries) stream.entry(header, Buffer.from(content ?? []));
  stream.finalize();
  await once(stream, 'end');
  return Buffer.concat(chunks);
}

export const tarGz = async (entries: TarEntry[]): Promise<Buffer> => gzipSync(await tar(entries));

/** An IDX file of unsigned bytes. */
export function idx(dimensions: number[], data: Uint8Array, type = 8): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header[2] = type;
  header[3] = dimensions.length;
  dimensions.forEach((size, i) => {
    header.writeUInt32BE(size, 4 + 4 * i);
  });
  return Buffer.concat([header, data]);
}
