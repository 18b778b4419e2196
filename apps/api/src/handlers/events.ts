import { Readable } from 'node:stream';
import { isTerminal, type JobEvent, type LogLine } from '@ravine/contracts';
import type { Context, HandlersOf } from '../contract.js';
import { followed, type Sequence } from '../http/sequence.js';
import type { Services } from '../services.js';
import { findJob, jobNotFound } from './jobs.js';

/** Events and log of a job: two sequences that are read, waited for and streamed in the same way. */
export function createEventHandlers(services: Services): HandlersOf<'listEvents' | 'listLogs'> {
  const { database, wakeups } = services;

  /** Read before the rows: once a job has ended, nothing follows what is there then. */
  const isOver = async ({ project }: Context, jobId: string): Promise<boolean> => {
    const job = await database.jobs.get(project, jobId);
    if (!job) throw jobNotFound(jobId);
    return isTerminal(job.status);
  };

  return {
    async listEvents({ params: { jobId }, query }, context) {
      await findJob(services, context, jobId);
      const events: Sequence<JobEvent> = {
        id: jobId,
        async read(after, limit) {
          const terminal = await isOver(context, jobId);
          return { rows: await database.events.read(jobId, after, limit), terminal };
        },
        nameOf: ({ type }) => type,
      };
      const answer = await followed(events, query, wakeups, context);
      if (answer instanceof Readable) return answer;
      const { rows: data, lastSequence, terminal } = answer;
      return { object: 'list', data, lastSequence, terminal };
    },

    async listLogs({ params: { jobId }, query }, context) {
      await findJob(services, context, jobId);
      const { level, tail, limit, wait } = query;
      const after =
        tail === undefined ? (query.after ?? 0) : await database.logs.beforeLast(jobId, tail, level);
      let dropped = 0;
      const lines: Sequence<LogLine> = {
        id: jobId,
        async read(from, most) {
          const terminal = await isOver(context, jobId);
          const read = await database.logs.read(jobId, from, most, level);
          dropped = read.dropped;
          return { rows: read.lines, terminal };
        },
        nameOf: () => 'log',
      };
      const answer = await followed(lines, { after, limit, wait }, wakeups, context);
      if (answer instanceof Readable) return answer;
      const { rows: data, lastSequence, terminal } = answer;
      return { object: 'list', data, lastSequence, terminal, dropped };
    },
  };
}
