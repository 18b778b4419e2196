import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { Storage } from './storage.js';

const mebibyte = 1 << 20;

/** Deterministic content of any length that never exists as a whole. */
async function* large(bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += 65_536) {
    yield Buffer.alloc(Math.min(65_536, bytes - at), (at / 65_536) % 251);
  }
}

/** Bytes of buffers that somebody holds: what is garbage does not count, whenever it would have been collected. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().external;
}

/** Content passes through a `Storage` and never stays in memory as a whole. */
export function memorySuite(storage: () => Storage): void {
  it('moves 100 MiB in and out in little memory', async () => {
    const size = 100 * mebibyte;
    const before = heldBytes();
    let peak = 0;
    const watched = async function* (source: AsyncIterable<Uint8Array>) {
      let sinceSample = 0;
      for await (const chunk of source) {
        yield chunk;
        sinceSample += chunk.length;
        if (sinceSample < 10 * mebibyte) continue;
        sinceSample = 0;
        peak = Math.max(peak, heldBytes() - before);
      }
    };
    const { key } = await storage().put(watched(large(size)));
    const hash = createHash('sha256');
    let read = 0;
    for await (const chunk of watched(await storage().openRead(key))) {
      hash.update(chunk);
      read += chunk.length;
    }
    expect(read).toBe(size);
    expect(hash.digest('hex')).toBe(key);
    expect(peak).toBeLessThan(size / 2);
    await storage().delete(key);
  });
}
