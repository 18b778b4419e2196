import { type IngestResult, ingest } from '@ravine/datasets';
import { openChannel } from './channel.js';
import type { FromChild } from './protocol.js';
import { createThrottle } from './throttle.js';

/** Packs one upload. Foreign archives and images are decoded here, where a crash or too much memory ends nothing else. */
export async function ingestUpload(): Promise<void> {
  const channel = openChannel('ingest');
  const progress = createThrottle(500, channel.send);
  channel.onMessage(async ({ type: _, ...request }) => {
    try {
      const result = await ingest({
        ...request,
        onProgress: (now) => progress({ type: 'progress', ...now }),
      });
      await channel.finish(lastWordOf(result));
    } catch (error) {
      await channel.finish(fault(error));
    }
  });
}

function lastWordOf(result: IngestResult): FromChild<'ingest'> {
  if (result.status === 'refused') return { type: 'refused', report: result.report };
  const files = [...result.shards, ...result.labels].map(({ sha256, path }) => ({ key: sha256, path }));
  return { type: 'ready', manifest: result.manifest, files, report: result.report };
}

function fault(error: unknown): FromChild<'ingest'> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'internal';
  return { type: 'faulted', code, message: error instanceof Error ? error.message : String(error) };
}
