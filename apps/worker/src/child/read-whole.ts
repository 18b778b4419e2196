import { open } from 'node:fs/promises';

/** Bytes of one read; the system gives at most 2 GiB at once. */
const CHUNK = 2 ** 30;

/** A file in memory; unlike `readFile` also one of more than 2 GiB, as the checkpoint of a large network is. */
export async function readWhole(path: string, chunk = CHUNK): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await file.read(bytes, at, Math.min(chunk, bytes.length - at), at);
      if (bytesRead === 0) throw new Error(`${path} ended after ${at} of ${bytes.length} bytes`);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
