import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Io } from './io.js';

/** Two signals within this time are one. */
const DOUBLE_MS = 1000;

/** The Io of this process. A reader that went away (`| head`) ends it quietly. */
export function processIo(env: Record<string, string | undefined>): Io {
  const interrupt = new AbortController();
  let firstMs: number | null = null;
  // npm passes a Ctrl-C on that the terminal has sent already: only a later one means that it takes too long.
  const stop = () => {
    firstMs ??= Date.now();
    if (Date.now() - firstMs > DOUBLE_MS) process.exit(130);
    interrupt.abort(new Error('interrupted'));
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const redraws = process.stderr.isTTY && env.TERM !== 'dumb' && !env.CI;
  return {
    out: (line) => process.stdout.write(line),
    err: (line) => process.stderr.write(line),
    env,
    columns: redraws ? process.stderr.columns || 80 : null,
    signal: interrupt.signal,
    readStdin: () => text(process.stdin),
    defaultDataFolder: fileURLToPath(new URL('../../../../.ravine', import.meta.url)),
  };
}
