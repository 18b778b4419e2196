import { Readable } from 'node:stream';
import { MAX_SEQUENCE } from '@ravine/contracts';
import type { Context } from '../contract.js';
import { invalid } from './input.js';
import type { Wakeups } from './wakeups.js';

/** Hints may be lost, so waiters look at least this often. */
const POLL_MS = 1_000;
const HEARTBEAT_MS = 15_000;
const BATCH = 200;

/** `terminal` must have been known before the rows were read: then nothing can come after them. */
interface Batch<T> {
  rows: T[];
  terminal: boolean;
}

/** Rows of one resource that are numbered in the order in which they came, such as events and lines of a log. */
export interface Sequence<T extends { sequence: number }> {
  /** Whose changes mean that there may be more. */
  id: string;
  read(after: number, limit: number): Promise<Batch<T>>;
  /** Name of one row in a stream. */
  nameOf(row: T): string;
}

export interface Wish {
  after: number;
  limit: number;
  /** Seconds. */
  wait: number;
}

/** Some rows, or the stream of all of them, as the caller accepts it. */
export async function followed<T extends { sequence: number }>(
  sequence: Sequence<T>,
  { after, limit, wait }: Wish,
  wakeups: Wakeups,
  context: Context,
): Promise<(Batch<T> & { lastSequence: number }) | Readable> {
  const { headers, method } = context.request;
  if (method !== 'GET' || !/\btext\/event-stream\b/i.test(headers.accept ?? ''))
    return batchOf(sequence, { after, limit, wait }, wakeups, context.signal);
  const resumed = lastEventId(headers['last-event-id']);
  const begin = resumed ?? after;
  if (resumed !== null) {
    const { rows, terminal } = await sequence.read(begin, 1);
    if (terminal && rows.length === 0) {
      // Browsers connect again after every end of a stream; 204 tells them that there is nothing more to come.
      context.reply.code(204);
      return { rows, terminal, lastSequence: begin };
    }
  }
  context.reply
    .type('text/event-stream; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no');
  // A stream that is read as fast as the caller takes it: back-pressure stops the reading of the database.
  return Readable.from(streamOf(sequence, begin, wakeups, context.signal), { objectMode: false });
}

function lastEventId(header: string | string[] | undefined): number | null {
  if (header === undefined) return null;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Math.min(Number(header), MAX_SEQUENCE);
  const message = 'must be the id of an event of this stream: a whole number';
  throw invalid([{ pointer: '/headers/last-event-id', code: 'invalid_format', message }]);
}

async function batchOf<T extends { sequence: number }>(
  { id, read }: Sequence<T>,
  { after, limit, wait }: Wish,
  wakeups: Wakeups,
  signal: AbortSignal,
) {
  const deadline = Date.now() + wait * 1000;
  const hint = wakeups.watch(id);
  try {
    for (;;) {
      const { rows, terminal } = await read(after, limit);
      const left = deadline - Date.now();
      if (rows.length > 0 || terminal || left <= 0 || signal.aborted)
        return { rows, terminal, lastSequence: rows.at(-1)?.sequence ?? after };
      await hint.next(Math.min(left, POLL_MS), signal);
    }
  } finally {
    hint.stop();
  }
}

/** Server-sent events until the last row of what has ended, the caller leaves, or the server closes. */
async function* streamOf<T extends { sequence: number }>(
  { id, read, nameOf }: Sequence<T>,
  from: number,
  wakeups: Wakeups,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const hint = wakeups.watch(id);
  let after = from;
  let spokenAt = Date.now();
  try {
    yield ': events\nretry: 2000\n\n';
    while (!signal.aborted) {
      const { rows, terminal } = await read(after, BATCH);
      for (const row of rows) yield frame(nameOf(row), row);
      after = rows.at(-1)?.sequence ?? after;
      if (rows.length > 0) spokenAt = Date.now();
      if (terminal && rows.length < BATCH) return;
      if (rows.length === BATCH) continue;
      if (Date.now() - spokenAt >= HEARTBEAT_MS) {
        yield ': still here\n\n';
        spokenAt = Date.now();
      }
      await hint.next(POLL_MS, signal);
    }
  } finally {
    hint.stop();
  }
}

/** JSON has no line breaks outside of strings and escapes them inside, so one data line is enough. */
const frame = (name: string, row: { sequence: number }): string =>
  `id: ${row.sequence}\nevent: ${name.replace(/[\r\n]/g, ' ')}\ndata: ${JSON.stringify(row)}\n\n`;
