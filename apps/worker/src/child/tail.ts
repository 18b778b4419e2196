import type { Readable } from 'node:stream';

const MAX_LINE = 2_000;
/** More than this in one window, and the stream waits for the next: the process that writes waits with it. */
const WINDOW_CHARACTERS = 256 * 1024;
const WINDOW_MS = 250;

/**
 * Keeps the last `limit` lines of a stream of text and passes each line on. Lines are cut, so that no output fills the
 * memory of this process, and a flood of them is read slowly, so that it has time for its own work.
 */
export function tailOf(stream: Readable, limit: number, onLine: (line: string) => void): () => string[] {
  const lines: string[] = [];
  let rest = '';
  let cut = false;
  let read = 0;
  let pause: NodeJS.Timeout | undefined;

  const pass = (line: string): void => {
    lines.push(line);
    if (lines.length > limit) lines.shift();
    onLine(line);
  };
  const take = (piece: string, ended: boolean): void => {
    if (cut) {
      cut = !ended;
      return;
    }
    rest += piece.slice(0, MAX_LINE - rest.length);
    cut = !ended && rest.length === MAX_LINE;
    if (!ended && !cut) return;
    pass(rest);
    rest = '';
  };

  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const pieces = text.split(/\r?\n|\r/);
    for (const [i, piece] of pieces.entries()) take(piece, i < pieces.length - 1);
    read += text.length;
    if (read < WINDOW_CHARACTERS || pause) return;
    stream.pause();
    pause = setTimeout(() => {
      pause = undefined;
      read = 0;
      stream.resume();
    }, WINDOW_MS);
  });
  stream.on('end', () => {
    if (rest !== '') take('', true);
  });
  return () => [...lines];
}
