import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Io } from './io.js';

/** The Io of this process. A reader that went away (`| head`) ends it quietly. */
export function processIo(env: Record<string, string | undefined>): Io {
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort(new Error('interrupted')));
  process.once('SIGTERM', () => interrupt.abort(new Error('terminated')));
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const redraws = process.stderr.isTTY && env.TERM !== 'dumb' && !env.CI;
  return {
    out: (line) => process.stdout.write(line),
    err: (line) => process.stderr.write(line),
    env,
    columns: redraws ? (process.stderr.columns ?? 80) : null,
    signal: interrupt.signal,
    readStdin: () => text(process.stdin),
    defaultDataFolder: fileURLToPath(new URL('../../../../.ravine', import.meta.url)),
  };
}
