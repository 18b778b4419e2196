import { Readable } from 'node:stream';
import { type EventsQuery, isTerminal, type JobEvent } from '@ravine/contracts';
import type { z } from 'zod';
import type { Context, HandlersOf } from '../contract.js';
import { invalid } from '../http/input.js';
import type { Services } from '../services.js';
import { findJob, jobNotFound } from './jobs.js';

/** Hints may be lost, so waiters look at least this often. */
const POLL_MS = 1_000;
const HEARTBEAT_MS = 15_000;
const BATCH = 200;
const MAX_SEQUENCE = 2_147_483_647;

export function createEventHandlers(services: Services): HandlersOf<'listEvents'> {
  return {
    async listEvents({ params: { jobId }, query }, context) {
      await findJob(services, context, jobId);
      const { headers, method } = context.request;
      if (method === 'GET' && /\btext\/event-stream\b/i.test(headers.accept ?? '')) {
        const resumed = lastEventId(headers['last-event-id']);
        const after = resumed ?? query.after;
        if (resumed !== null && (await nothingFollows(services, context, jobId, after))) {
          // Browsers connect again after every end of a stream; 204 tells them that there is nothing more to come.
          context.reply.code(204);
          return { object: 'list', data: [], lastSequence: after, terminal: true };
        }
        context.reply
          .type('text/event-stream; charset=utf-8')
          .header('cache-control', 'no-store')
          .header('x-accel-buffering', 'no');
        // A stream that is read as fast as the caller takes it: back-pressure stops the reading of the database.
        return Readable.from(streamEvents(services, context, jobId, after), { objectMode: false });
      }
      return listEvents(services, context, jobId, query);
    },
  };
}

function lastEventId(header: string | string[] | undefined): number | null {
  if (header === undefined) return null;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Math.min(Number(header), MAX_SEQUENCE);
  const message = 'must be the id of an event of this stream: a whole number';
  throw invalid([{ pointer: '/headers/last-event-id', code: 'invalid_format', message }]);
}

async function listEvents(
  services: Services,
  context: Context,
  jobId: string,
  { after, limit, wait }: z.output<typeof EventsQuery>,
) {
  const deadline = Date.now() + wait * 1000;
  const hint = services.wakeups.watch(jobId);
  try {
    for (;;) {
      const { events, terminal } = await readEvents(services, context, jobId, after, limit);
      const left = deadline - Date.now();
      if (events.length > 0 || terminal || left <= 0 || context.signal.aborted) {
        const lastSequence = events.at(-1)?.sequence ?? after;
        return { object: 'list' as const, data: events, lastSequence, terminal };
      }
      await hint.next(Math.min(left, POLL_MS), context.signal);
    }
  } finally {
    hint.stop();
  }
}

async function nothingFollows(
  services: Services,
  context: Context,
  jobId: string,
  after: number,
): Promise<boolean> {
  const { events, terminal } = await readEvents(services, context, jobId, after, 1);
  return terminal && events.length === 0;
}

/** `terminal` is read before the events: when it is true, no event can come after those that are returned. */
async function readEvents(
  services: Services,
  { project }: Context,
  jobId: string,
  after: number,
  limit: number,
) {
  const job = await services.database.jobs.get(project, jobId);
  if (!job) throw jobNotFound(jobId);
  const events = await services.database.events.read(jobId, after, limit);
  return { events, terminal: isTerminal(job.status) };
}

/** Server-sent events until the last event of a job that has ended, the caller leaves, or the server closes. */
async function* streamEvents(
  services: Services,
  context: Context,
  jobId: string,
  from: number,
): AsyncGenerator<string> {
  const { signal } = context;
  const hint = services.wakeups.watch(jobId);
  let after = from;
  let spokenAt = Date.now();
  try {
    yield ': events\nretry: 2000\n\n';
    while (!signal.aborted) {
      const { events, terminal } = await readEvents(services, context, jobId, after, BATCH);
      for (const event of events) yield frame(event);
      after = events.at(-1)?.sequence ?? after;
      if (events.length > 0) spokenAt = Date.now();
      if (terminal && events.length < BATCH) return;
      if (events.length === BATCH) continue;
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
const frame = (event: JobEvent): string =>
  `id: ${event.sequence}\nevent: ${event.type.replace(/[\r\n]/g, ' ')}\ndata: ${JSON.stringify(event)}\n\n`;
