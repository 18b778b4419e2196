import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

/** Writes the body of an answer to `file`, which appears only when complete. Rejects when the sha256 differs. */
export async function save(response: Response, file: string, sha256?: string): Promise<{ bytes: number }> {
  if (!response.body) throw new Error(`${response.url} answered without content`);
  const partial = `${file}.${crypto.randomUUID()}.partial`;
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    await pipeline(
      Readable.fromWeb(response.body as ReadableStream<Uint8Array>),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          bytes += chunk.byteLength;
          yield chunk;
        }
      },
      createWriteStream(partial, { flags: 'wx' }),
    );
    const digest = hash.digest('hex');
    if (sha256 !== undefined && digest !== sha256)
      throw new Error(`${file}: the content has sha256 ${digest}, not ${sha256}; download it again`);
    await rename(partial, file);
    return { bytes };
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
