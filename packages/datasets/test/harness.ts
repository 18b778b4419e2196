import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IngestReport } from '@ravine/contracts';
import { type IngestOptions, type IngestResult, ingest } from '../src/ingest.js';

/** Ingests uploads given as bytes, in a folder of its own; returns the result and the bytes of the packed files. */
export async function ingestBytes(
  uploads: Record<string, Uint8Array>,
  options: Partial<IngestOptions> = {},
): Promise<{ result: IngestResult; blobs: Map<string, Buffer>; left: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'ravine-datasets-'));
  try {
    const into = join(folder, 'into');
    await mkdir(into);
    const files = await Promise.all(
      Object.entries(uploads).map(async ([name, bytes], i) => {
        const path = join(folder, `upload-${i}`);
        await writeFile(path, bytes);
        return { name, path };
      }),
    );
    const result = await ingest({ files, into, height: 8, ...options });
    const written = result.status === 'ready' ? [...result.shards, ...result.labels] : [];
    const blobs = new Map<string, Buffer>();
    for (const { path, sha256 } of written) blobs.set(sha256, await readFile(path));
    return { result, blobs, left: (await readdir(into)).sort() };
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function readyOf(uploads: Record<string, Uint8Array>, options: Partial<IngestOptions> = {}) {
  const { result, blobs, left } = await ingestBytes(uploads, options);
  if (result.status !== 'ready') throw new Error(`refused: ${JSON.stringify(result.report)}`);
  return { ...result, blobs, left };
}

export async function refusalOf(
  uploads: Record<string, Uint8Array>,
  options: Partial<IngestOptions> = {},
): Promise<IngestReport> {
  const { result } = await ingestBytes(uploads, options);
  if (result.status !== 'refused') throw new Error('the dataset was accepted');
  return result.report;
}
