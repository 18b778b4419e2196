import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const MAX_LINE = 500;

/** Keeps the last `limit` lines of a stream and passes each line on. */
export function tailOf(stream: Readable, limit: number, onLine: (line: string) => void): () => string[] {
  const lines: string[] = [];
  createInterface({ input: stream }).on('line', (line) => {
    const text = line.slice(0, MAX_LINE);
    lines.push(text);
    if (lines.length > limit) lines.shift();
    onLine(text);
  });
  return () => [...lines];
}
